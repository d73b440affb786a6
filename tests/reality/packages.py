"""The few small packages that the projects install: pinned, so that builds are quick and the same tomorrow."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Package:
    """A distribution, what it is imported as, its wheel's hash, and what it needs in turn."""

    name: str
    version: str
    module: str
    sha256: str
    needs: tuple[str, ...] = ()
    debian: str = ""

    @property
    def pin(self) -> str:
        """`click==8.1.8`."""
        return f"{self.name}=={self.version}"


_ROWS = (
    Package("attrs", "24.2.0", "attr", "81921eb96de3191c8258c199618104dd27ac608d9366f5e35d011eae1867ede2"),
    Package(
        "beautifulsoup4",
        "4.12.3",
        "bs4",
        "b80878c9f40111313e55da8ba20bdba06d8fa3969fc68304167741bbf9e082ed",
        ("soupsieve",),
        "python3-bs4",
    ),
    Package(
        "click",
        "8.1.8",
        "click",
        "63c132bbbed01578a06712a2d1f497bb62d9c1c0d329b7903a866228027263b2",
        (),
        "python3-click",
    ),
    Package(
        "gunicorn",
        "23.0.0",
        "gunicorn",
        "ec400d38950de4dfd418cff8328b2c8faed0edb0d517d3394e457c317908ca4d",
        ("packaging",),
    ),
    Package("h11", "0.14.0", "h11", "e3fe4ac4b851c468cc8363d500db52c2ead036020723024a109d37346efaa761"),
    Package("humanize", "4.11.0", "humanize", "b53caaec8532bcb2fff70c8826f904c35943f8cecaca29d272d9df38092736c0"),
    Package(
        "idna", "3.10", "idna", "946d195a0d259cbba61165e88e65941f16e9b36ea6ddb97f00452bae8b1287d3", (), "python3-idna"
    ),
    Package(
        "itsdangerous", "2.2.0", "itsdangerous", "c6242fc49e35958c8b15141343aa660db5fc54d4f13a1db01a3f5891b98700ef"
    ),
    Package(
        "more-itertools", "10.5.0", "more_itertools", "037b0d3203ce90cca8ab1defbbdac29d5f993fc20131f3664dc8d6acfa872aef"
    ),
    Package("packaging", "24.2", "packaging", "09abb1bccd265c01f4a3aa3f7a7db064b36514d2cba19a2f694fe6150451a759"),
    Package(
        "python-dateutil",
        "2.9.0.post0",
        "dateutil",
        "a8b2bc7bffae282281c8140a97d3aa9c14da0b136dfe83f850eea9a5f7470427",
        ("six",),
        "python3-dateutil",
    ),
    Package(
        "python-dotenv",
        "1.0.1",
        "dotenv",
        "f7b63ef50f1b690dddf550d03497b66d609393b40b564ed0d674909a68ebf16a",
        (),
        "python3-dotenv",
    ),
    Package("pyyaml", "6.0.2", "yaml", "", (), "python3-yaml"),
    Package(
        "six", "1.16.0", "six", "8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254", (), "python3-six"
    ),
    Package("soupsieve", "2.6", "soupsieve", "e72c4ff06e4fb6e4b5a9f0f55fe6e81514581fca1515028625d0f299c602ccc9"),
    Package("tabulate", "0.9.0", "tabulate", "024ca478df22e9340661486f85298cff5f6dcdba14f3813e8830015b9ed1948f"),
    Package("toolz", "1.0.0", "toolz", "292c8f1c4e7516bf9086f8850935c799a874039c8bcf959d47b600e4c44a6236"),
    Package(
        "typing-extensions",
        "4.12.2",
        "typing_extensions",
        "04e5ca0351e0f3f85c6853954072df659d0d13fac324d0072316b67d7794700d",
    ),
    Package(
        "uvicorn",
        "0.32.1",
        "uvicorn",
        "82ad92fd58da0d12af7482ecdb5f2470a04c9c9a53ced65b9bbb4a205377602e",
        ("click", "h11", "typing-extensions"),
    ),
    Package("flask", "3.1.0", "flask", ""),
    Package("wcwidth", "0.2.13", "wcwidth", "3da69048e4540d84af32131829ff948f1e022c1c6bdb8d6102117aac784f6859"),
)
PACKAGES = {row.name: row for row in _ROWS}
# soupsieve imports bs4, which it doesn't name as its need.
_NOT_ALONE = {"gunicorn", "uvicorn", "flask", "typing-extensions", "soupsieve"}
# What a program imports for its work; the servers come with the way it is started.
LIBRARIES = tuple(row.name for row in _ROWS if row.name not in _NOT_ALONE)


def with_needs(names: list[str]) -> list[Package]:
    """Return the packages and what they need, each once, in the order of their names."""
    found: dict[str, Package] = {}
    waiting = list(names)
    while waiting:
        row = PACKAGES[waiting.pop()]
        found[row.name] = row
        waiting += [name for name in row.needs if name not in found]
    return [found[name] for name in sorted(found)]
