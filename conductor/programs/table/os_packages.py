"""The package managers of operating systems.

Source: apt(8), apt-get(8), aptitude(8), dpkg(1) of Debian 12; the manual pages of dnf5, zypper, apk, pacman, rpm
and emerge; `brew help`.
"""

from __future__ import annotations

from conductor.programs.words import HELP, INSTALLS, Words

_HELP = " ".join(HELP)

PROGRAMS = {
    "apt apt-get aptitude nala apt-fast": Words(
        valued="-o/--option -t/--target-release/--default-release -c/--config-file -a/--host-architecture"
        " -P/--build-profiles",
        dry=f"{_HELP} -s --simulate --just-print --dry-run --recon --no-act -d --download-only --print-uris",
        effects={
            INSTALLS: "install reinstall remove purge upgrade dist-upgrade full-upgrade safe-upgrade autoremove"
            " autopurge build-dep satisfy markauto dselect-upgrade"
        },
    ),
    "unattended-upgrade unattended-upgrades": Words(dry=f"{_HELP} --dry-run", effects={INSTALLS: ""}),
    "gdebi": Words(dry=_HELP, effects={INSTALLS: ""}),
    "dpkg": Words(
        valued="--admindir --root --instdir -D/--debug --log --ignore-depends --status-fd --status-logger"
        " --path-exclude --path-include --pre-invoke --post-invoke --abort-after --verify-format",
        dry="--dry-run --no-act --simulate --help -? --version",
        effects={INSTALLS: "-i --install -r --remove -P --purge --unpack --configure --triggers-only"},
    ),
    "dnf dnf5 yum microdnf tdnf": Words(
        valued="-c/--config -x/--exclude --enablerepo --disablerepo --repo/--repoid --releasever --setopt --forcearch"
        " --comment --destdir --downloaddir --installroot",
        dry=f"{_HELP} --downloadonly --assumeno",
        effects={
            INSTALLS: "install localinstall reinstall remove erase upgrade update upgrade-minimal update-minimal"
            " downgrade autoremove distro-sync distrosync groupinstall groupremove groupupdate swap in rm up dsync"
            " system-upgrade"
        },
    ),
    "rpm": Words(
        valued="--root --define -D --dbpath --prefix --queryformat/--qf",
        dry="-q --query -V --verify --test -K --checksig --help --version",
        effects={INSTALLS: "-i -U -F -e --install --upgrade --freshen --erase --reinstall"},
    ),
    "apk": Words(
        valued="-X/--repository -p/--root -t/--virtual --arch --keys-dir --repositories-file --cache-dir --wait",
        dry=f"{_HELP} -s --simulate",
        effects={INSTALLS: "add del upgrade fix"},
    ),
    "zypper": Words(
        valued="-R/--root --reposd-dir -C/--cache-dir -c/--config",
        dry=f"{_HELP} -D --dry-run -d --download-only",
        effects={
            INSTALLS: "install in remove rm update up dist-upgrade dup patch install-new-recommends inr source-install"
            " si"
        },
    ),
    "pacman yay paru": Words(
        valued="-b/--dbpath -r/--root --cachedir --config --ignore --arch --hookdir --gpgdir --logfile --sysroot",
        dry="-h --help -V --version -p --print -w --downloadonly",
        effects={INSTALLS: "-S --sync -R --remove -U --upgrade"},
    ),
    "emerge": Words(dry="-p --pretend -s --search -S --info --sync -h", effects={INSTALLS: ""}),
    "brew": Words(
        dry=f"{_HELP} -n --dry-run",
        effects={INSTALLS: "install uninstall remove rm reinstall upgrade autoremove cask"},
    ),
    "port": Words(dry=f"{_HELP} -y", effects={INSTALLS: "install uninstall upgrade activate deactivate reclaim"}),
    "snap": Words(dry=f"{_HELP} --list", effects={INSTALLS: "install remove refresh revert"}),
    "flatpak": Words(dry=f"{_HELP} --no-deploy", effects={INSTALLS: "install uninstall remove update upgrade"}),
    "pkg": Words(dry=f"{_HELP} -n --dry-run", effects={INSTALLS: "install add delete remove upgrade autoremove"}),
    "xbps-install": Words(dry=f"{_HELP} -n --dry-run", effects={INSTALLS: ""}),
    "opkg": Words(dry=f"{_HELP} --noaction", effects={INSTALLS: "install remove upgrade"}),
    "choco": Words(dry=f"{_HELP} --noop", effects={INSTALLS: "install uninstall upgrade"}),
    "winget": Words(dry=_HELP, effects={INSTALLS: "install uninstall upgrade"}),
    "scoop": Words(dry=_HELP, effects={INSTALLS: "install uninstall"}),
}
