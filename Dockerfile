# The images of the operator and of its workers, for computers with a container engine that reaches public base images:
#
#   docker build --target operator    -t terngrad/operator:0.1.0 .
#   docker build --target trainer     -t terngrad/trainer:0.1.0 .
#   docker build --target trainer-gpu -t terngrad/trainer-gpu:0.1.0 .
#
# `make images` takes this file where it can and otherwise builds the same images without an engine (docs/images.md).
# What goes into them is listed in one place, scripts/images/image-definitions.ts; this file only copies it.

# Node.js, with the compiler and Python that build the native TensorFlow backend.
ARG BUILD_IMAGE=docker.io/library/node:22-bookworm
# C libraries and certificate authorities only: no shell, no package manager.
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm install --no-save --no-fund --no-audit --loglevel=error
COPY . .
RUN npm run build
RUN node --import tsx scripts/images.ts --stage /out operator

FROM build AS build-native
RUN apt-get update && apt-get install --yes --no-install-recommends g++ binutils python3 python3-pip

FROM build-native AS build-trainer
RUN node --import tsx scripts/images.ts --stage /out trainer

FROM build-native AS build-trainer-gpu
RUN node --import tsx scripts/images.ts --stage /out trainer-gpu

FROM ${RUNTIME_IMAGE} AS runtime
ARG VERSION=0.1.0
COPY --from=build /usr/local/bin/node /usr/local/bin/node
USER 65532:65532
WORKDIR /opt/terngrad
STOPSIGNAL SIGTERM
# `void`: a process sees the GPUs that its pod asked for, which NVIDIA's device plugin names here, and no others.
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    NODE_ENV=production \
    NVIDIA_VISIBLE_DEVICES=void
LABEL org.opencontainers.image.version=${VERSION} \
      org.opencontainers.image.licenses=Apache-2.0

FROM runtime AS operator
LABEL org.opencontainers.image.title=terngrad-operator \
      org.opencontainers.image.description="Kubernetes operator for TernGradJobs"
ENV MALLOC_ARENA_MAX=1
COPY --from=build /out/operator/program/ /
ENTRYPOINT ["node", "--max-semi-space-size=1", "/opt/terngrad/operator.js"]

FROM runtime AS trainer
LABEL org.opencontainers.image.title=terngrad-trainer \
      org.opencontainers.image.description="Worker of a TernGradJob, on processors"
COPY --from=build-trainer /out/trainer/packages/ /
COPY --from=build-trainer /out/trainer/native/ /
COPY --from=build-trainer /out/trainer/program/ /
ENTRYPOINT ["node", "/opt/terngrad/worker.js"]

FROM runtime AS trainer-gpu
LABEL org.opencontainers.image.title=terngrad-trainer-gpu \
      org.opencontainers.image.description="Worker of a TernGradJob, on NVIDIA's GPUs"
ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    CUDA_CACHE_PATH=/tmp/cuda-cache
COPY --from=build-trainer-gpu /out/trainer-gpu/nvidia/ /
COPY --from=build-trainer-gpu /out/trainer-gpu/packages/ /
COPY --from=build-trainer-gpu /out/trainer-gpu/native/ /
COPY --from=build-trainer-gpu /out/trainer-gpu/program/ /
ENTRYPOINT ["node", "/opt/terngrad/worker.js"]
