"""How much room a service takes where it is installed: the program, and every shared library that it needs beyond libc."""

import json
import re
import subprocess
import tempfile
from pathlib import Path

import others
import services
from rows import Cell

LIBC = re.compile(r"(linux-vdso|ld-linux|libc|libm|libpthread|libdl|librt|libresolv)[-.]")
MIB = 2**20
ASK_PYTHON = """
import json, sys, sysconfig
print(json.dumps([sys.prefix, sysconfig.get_path("stdlib"), getattr(sys, "_base_executable", sys.executable)]))"""
LEFT_OUT = {"test", "tests", "site-packages", "dist-packages", "__pycache__"}      # of the standard library


def stripped_bytes(program):
    with tempfile.NamedTemporaryFile() as copy:
        subprocess.run(["strip", "-o", copy.name, program], check=True)
        return Path(copy.name).stat().st_size


def libraries(programs):
    """Every shared library that one of them needs, but for libc's."""
    found = set()
    for program in programs:
        said = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
        found |= {Path(path).resolve() for name, path in re.findall(r"(\S+) => (/\S+)", said) if not LIBC.match(name)}
    return found


def bytes_of(paths):
    return sum(path.stat().st_size for path in paths)


def binary_cell(program):
    own, below = stripped_bytes(program), bytes_of(libraries([program]))
    return Cell((own + below) / MIB, note=f"the program {own / MIB:.1f}, shared libraries {below / MIB:.1f}")


def files_below(folder, left_out=frozenset()):
    return [path for path in Path(folder).rglob("*") if path.is_file() and not path.is_symlink()
            and not left_out & set(path.relative_to(folder).parts)]


def python_cell(python):
    """The virtual environment, the interpreter with its standard library, and what the extensions of both need."""
    said = subprocess.run([python, "-c", ASK_PYTHON], capture_output=True, text=True, check=True).stdout
    environment, library, interpreter = map(Path, json.loads(said))
    installed, standard = files_below(environment), files_below(library, LEFT_OUT)
    extensions = [path for path in installed + standard if re.search(r"\.so(\.|$)", path.name)]
    below = {path for path in libraries([interpreter, *extensions]) if environment not in path.parents}
    parts = bytes_of(installed), bytes_of([*standard, interpreter.resolve()]) + bytes_of(below)
    return Cell(sum(parts) / MIB, note=f"the virtual environment {parts[0] / MIB:.1f}; interpreter, standard library and what they "
                f"need {parts[1] / MIB:.1f}")


def cell(_bench, key):
    service = services.SERVICES[key]
    if service.name == "fastapi":
        return python_cell(services.ROOT / "build/contenders/fastapi/bin/python")
    return binary_cell(Path(services.OUT) / "postern" if key == "postern" else command_of(service))


def command_of(service):
    folder = services.ROOT / service.folder
    return (folder / json.loads((folder / "forms.json").read_text())[service.form][0]).resolve()


def other_cell(key):
    program, _ = others.built(key)
    if key != "glewlwyd":
        return binary_cell(program)
    modules = files_below(Path(program).parents[1] / "lib")
    whole = stripped_bytes(program) + bytes_of(modules) + bytes_of(libraries([program, *modules]))
    return Cell(whole / MIB, note="with its modules, without its pages")
