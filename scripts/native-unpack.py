"""Takes the shared libraries, the C headers and the notices out of a TensorFlow wheel.

usage: native-unpack.py WHEEL LIBRARIES HEADERS   (two folders, made if missing)
"""

import os
import shutil
import sys
import zipfile

LIBRARIES = ("libtensorflow_cc.so.2", "libtensorflow_framework.so.2")
HEADERS = (
    "tensorflow/include/tensorflow/c/",
    "tensorflow/include/tensorflow/core/platform/",
    "tensorflow/include/tensorflow/tsl/",
    "tensorflow/include/tsl/",
    "tensorflow/include/xla/tsl/",
)


def target_of(name, libraries, headers):
    base = os.path.basename(name)
    if name.startswith("tensorflow/") and name.count("/") == 1 and base in LIBRARIES:
        return os.path.join(libraries, base)
    if base == "THIRD_PARTY_NOTICES.txt":
        return os.path.join(libraries, base)
    if name.endswith(".h") and name.startswith(HEADERS):
        return os.path.join(headers, name[len("tensorflow/include/") :])
    return None


def main(wheel, libraries, headers):
    found = set()
    with zipfile.ZipFile(wheel) as archive:
        for info in archive.infolist():
            target = target_of(info.filename, libraries, headers)
            if target is None or info.is_dir():
                continue
            if ".." in info.filename.split("/"):
                sys.exit("unexpected path in the wheel: " + info.filename)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with archive.open(info) as source, open(target, "wb") as out:
                shutil.copyfileobj(source, out, 1 << 20)
            found.add(os.path.basename(target))
    missing = [name for name in LIBRARIES if name not in found]
    if missing:
        sys.exit("the wheel has no " + " and no ".join(missing) + " (TensorFlow before 2.12?)")


main(*sys.argv[1:])
