"""The files in which make, just and the package managers of JavaScript look for what they run."""

MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
JUSTFILES = ("justfile", "Justfile", ".justfile", "JUSTFILE")
PACKAGES = ("package.json",)
