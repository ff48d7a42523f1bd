"""Lets PyTorch's Linux wheel load on a computer without NVIDIA's libraries: usage `cuda_stubs.py TORCH_LIB`.

PyPI has one Linux wheel for x86_64, built with CUDA, whose libraries are linked to two gigabytes of NVIDIA packages. On a
CPU nothing in them runs. For each library that is missing this makes one whose functions all return 100,
`cudaErrorNoDevice`: PyTorch finds no GPU, as on any computer without one. The CPU code is PyTorch's own, unchanged.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

NVIDIA_LIBRARY = re.compile(r"lib(cu|nv|nccl)")
NVIDIA_SYMBOL = re.compile(r"_*(cu|nccl|nv)[A-Za-z]")


def output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def needed(library: pathlib.Path) -> set[str]:
    return set(re.findall(r"\(NEEDED\).*\[(.+)\]", output("readelf", "-dW", str(library))))


def versions(library: pathlib.Path) -> dict[str, str]:
    """The version that is asked of each needed library; NVIDIA's have one."""
    found: dict[str, str] = {}
    needed_file = ""
    for words in re.findall(r"(File|Name): (\S+)", output("readelf", "-VW", str(library))):
        match words:
            case "File", file:
                needed_file = file
            case "Name", version if needed_file:
                found[needed_file] = version
    return found


def symbols(library: pathlib.Path, kind: str) -> set[str]:
    """As `name` or `name@version`."""
    lines = output("nm", "-D", "--format=posix", kind, str(library)).splitlines()
    return {line.split()[0].replace("@@", "@") for line in lines if line}


def compile_stub(target: pathlib.Path, names: list[str], version: str | None) -> None:
    labels = "".join(f".globl {name}\n{name}:\n" for name in names)
    text = f".text\n{labels}mov $100, %eax\nret\n.section .note.GNU-stack,\"\",@progbits\n"
    with tempfile.TemporaryDirectory() as folder:
        source, script = pathlib.Path(folder, "stub.s"), pathlib.Path(folder, "versions")
        source.write_text(text)
        script.write_text(f"{version} {{ global: *; }};" if version else "{ global: *; };")
        flags = ["-shared", "-nostdlib", f"-Wl,-soname,{target.name}", f"-Wl,--version-script={script}"]
        subprocess.run(["gcc", *flags, "-o", str(target), str(source)], check=True)


def main(folder: pathlib.Path) -> None:
    libraries = [path for path in folder.glob("*.so*") if not path.is_symlink()]
    names = {name for path in libraries for name in needed(path) if NVIDIA_LIBRARY.match(name)}
    missing = sorted(name for name in names if not (folder / name).exists())
    defined = set().union(*(symbols(path, "--defined-only") for path in libraries))
    wanted = set().union(*(symbols(path, "--undefined-only") for path in libraries)) - defined
    loose = sorted(name for name in wanted if "@" not in name and NVIDIA_SYMBOL.match(name))
    asked = {name: version for path in libraries for name, version in versions(path).items()}
    for name in missing:
        version = asked.get(name)
        if version:
            versioned = sorted(symbol.split("@")[0] for symbol in wanted if symbol.endswith(f"@{version}"))
            compile_stub(folder / name, versioned, version)
        else:
            # Which library a name without a version belongs to is not recorded; the loader takes the first that has it.
            compile_stub(folder / name, loose, version=None)


main(pathlib.Path(sys.argv[1]))
