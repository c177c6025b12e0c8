"""Small programs and libraries, compiled for one test each."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import pytest

REPORTER = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
static int show(struct dl_phdr_info *info, size_t size, void *data) {
  if (info->dlpi_name[0] && strcmp(info->dlpi_name, "linux-vdso.so.1")) puts(info->dlpi_name);
  return 0;
}
int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    char *bang = strchr(argv[i], '!');
    void *done;
    if (bang) {
      *bang = 0;
      void *library = dlopen(argv[i], RTLD_LAZY | RTLD_NOLOAD);
      void *(*open)(const char *) = dlsym(library, "open_it");
      done = open(bang + 1);
    } else
      done = dlopen(argv[i], RTLD_NOW);
    puts(done ? "opened" : dlerror());
  }
  dl_iterate_phdr(show, 0);
  return 0;
}
"""
OPENER = r"""
#include <dlfcn.h>
void *open_it(const char *name) { void *done = dlopen(name, RTLD_NOW); return done; }
"""


@dataclass(frozen=True)
class Toolbox:
    """Object files that all layouts link."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Toolbox:
        if not shutil.which("gcc"):
            pytest.skip("no C compiler")
        for name, text in (("main", REPORTER), ("opener", OPENER), ("empty", "")):
            source = folder / f"{name}.c"
            source.write_text(text)
            compile_(["-c", "-fPIC", str(source), "-o", str(folder / f"{name}.o")])
        (folder / "stubs").mkdir()
        return cls(folder)

    def stub(self, name: str) -> Path:
        """A library of this SONAME to link against, whatever will answer to it later."""
        path = self.folder / "stubs" / f"stub-{name.replace('/', '%')}"
        if not path.exists():
            link = ["ld", "-shared", "-soname", name, str(self.folder / "empty.o"), "-o", str(path)]
            subprocess.run(link, check=True)
        return path


def compile_(arguments: Sequence[str]) -> None:
    subprocess.run(["gcc", "-w", *arguments], check=True, capture_output=True)


class Layout:
    """One directory with programs and libraries in it."""

    def __init__(self, toolbox: Toolbox, root: Path) -> None:
        self.toolbox = toolbox
        self.root = root

    def path(self, name: str) -> Path:
        place = self.root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def library(
        self,
        place: str,
        needed: Sequence[str] = (),
        soname: Optional[str] = "",
        rpath: Optional[str] = None,
        runpath: Optional[str] = None,
        options: Sequence[str] = (),
        opener: bool = False,
    ) -> Path:
        """A shared library at `place`. `soname`: "" for the file's name, None for none at all."""
        path = self.path(place)
        name = path.name if soname == "" else soname
        words = ["ld", "-shared", "-o", str(path), "--hash-style=gnu"]
        words += ["-soname", name] if name else []
        words += self._paths(rpath, runpath) + list(options)
        words.append(str(self.toolbox.folder / ("opener.o" if opener else "empty.o")))
        words += ["--no-as-needed", *(str(self.toolbox.stub(one)) for one in needed)]
        words += ["/lib/x86_64-linux-gnu/libc.so.6"] if opener else []
        subprocess.run(words, check=True, capture_output=True)
        return path

    def program(
        self,
        place: str = "m",
        needed: Sequence[str] = (),
        rpath: Optional[str] = None,
        runpath: Optional[str] = None,
        options: Sequence[str] = (),
    ) -> Path:
        """A program that performs a dlopen for each argument, then prints its objects in order."""
        path = self.path(place)
        words = [str(self.toolbox.folder / "main.o"), "-o", str(path), "-rdynamic"]
        words += [f"-Wl,{each}" for each in self._joined(rpath, runpath)]
        words += [*options, "-Wl,--no-as-needed"]
        words += [str(self.toolbox.stub(one)) for one in needed]
        compile_(words)
        return path

    def versioned(
        self, place: str, versions: Sequence[str], needs: Sequence[tuple[Path, str]] = ()
    ) -> Path:
        """A library that defines these versions, and needs those of others (a built library,
        version).
        """
        path = self.path(place)
        script = path.with_suffix(".map")
        script.write_text("".join(f"{version} {{ global: f_{version}; }};\n" for version in versions))
        source = path.with_suffix(".c")
        lines = [f"int f_{version}(void) {{ return 0; }}" for version in versions]
        for _, version in needs:
            lines += [f"extern int f_{version}(void);", f"void *p_{version} = f_{version};"]
        source.write_text("\n".join(lines) + "\n")
        options = [f"-Wl,--version-script={script}"] if versions else []
        libraries = [str(library) for library, _ in needs]
        compile_(
            [
                "-shared",
                "-fPIC",
                "-nostdlib",
                *options,
                f"-Wl,-soname,{path.name}",
                "-o",
                str(path),
                str(source),
                "-Wl,--no-as-needed,--allow-shlib-undefined",
                *libraries,
            ]
        )
        return path

    @staticmethod
    def _paths(rpath: Optional[str], runpath: Optional[str]) -> list[str]:
        if runpath is not None:
            return ["--enable-new-dtags", "-rpath", runpath]
        return ["--disable-new-dtags", "-rpath", rpath] if rpath is not None else []

    def _joined(self, rpath: Optional[str], runpath: Optional[str]) -> list[str]:
        words = self._paths(rpath, runpath)
        return [words[0], f"-rpath,{words[2]}"] if words else []
