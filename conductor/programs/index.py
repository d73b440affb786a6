"""The names of the table, and the file that has each. Written by `make programs`."""

from __future__ import annotations

_NAMES = {
    "builtins": """
    hash mapfile read readarray
    """,
    "checkers": """
    actionlint ava bandit bats bazel black clang-tidy cppcheck ctest cypress dagger doit eslint flake8
    gotestsum gradle gradlew hadolint helm inv invoke isort jest karma lefthook lint-imports mix mocha mvn
    mypy ninja phpunit playwright pre-commit pylint pyright rake rspec ruff shellcheck shellspec swift tap
    task terraform tsc vitest yamllint zig
    """,
    "conda": """
    conda mamba micromamba
    """,
    "engines": """
    apptainer buildah buildctl cog crane depot devcontainer docker docker-buildx docker-compose
    docker-compose-v1 docker.exe earthly executor finch gcrane img ko minikube nerdctl nerdctl.lima nixpacks
    oras pack podman podman-compose podman-remote regctl s2i singularity skaffold skopeo werf
    """,
    "files": """
    7z 7za 7zz awk base64 bsdtar bzip2 chgrp chmod chown codespell cp cpio dos2unix ed egrep emacs ex fd
    fdfind fgrep gawk gbase64 gcp gmv grep grm gsed gtar gunzip gzip install joe link ln lzma markdownlint
    markdownlint-cli2 mawk mdformat micro mkdir mke2fs mv nano nawk newfs nvim pandoc patch pico prename
    prettier red rename rg rm rmtrash rsync scp sd sed setfacl shred sort sponge srm tar tee touch trash
    trash-put truncate unix2dos unlink unzip vi vim wheel xz yq zcat
    """,
    "git": """
    git hub jj
    """,
    "http": """
    GET aria2c curl curlie fetch http https lwp-request lynx wget wget2 xh xhs
    """,
    "interpreters": """
    R Rscript elixir erl expect gdb ghc groovy guile julia lldb lua luajit nu osascript perl php powershell
    pwsh racket ruby scala sqlite3 tclsh ts-node tsx zx
    """,
    "languages": """
    bundle cabal cargo cargo-binstall composer corepack cpan cpanm deno dotnet gcloud gem go luarocks nix
    nix-env nix-shell opam pear pecl raco rustup-init stack
    """,
    "node": """
    bun bunx npm npx pnpm pnpx yarn yarnpkg
    """,
    "os_packages": """
    apk apt apt-fast apt-get aptitude brew choco dnf dnf5 dpkg emerge flatpak gdebi microdnf nala opkg pacman
    paru pkg port rpm scoop snap tdnf unattended-upgrade unattended-upgrades winget xbps-install yay yum
    zypper
    """,
    "pip": """
    installer pip pip2 pip3
    """,
    "python_servers": """
    celery fastapi flask gunicorn hypercorn streamlit uvicorn
    """,
    "python_tools": """
    accelerate coverage flit hatch pdm pipenv pipx pixi poetry rye virtualenv
    """,
    "remote": """
    autossh distrobox incus k3s kubectl lxc machinectl microk8s mosh oc screen slogin ssh tmux toolbox vagrant
    """,
    "runners": """
    bpython gmake ipython just make node nodejs nox ptpython py.test pypy pypy3 pytest python python3 remake
    """,
    "services": """
    flash gh runpod runpodctl
    """,
    "shells": """
    ash bash csh dash elvish fish ksh mksh rbash sh tcsh xonsh yash zsh
    """,
    "uv": """
    uv uvx
    """,
    "versions": """
    asdf elan fnm ghcup goenv juliaup luaenv mise n nodenv nvm nvs phpenv plenv proto pyenv rbenv rtx rustup
    sdk swiftly tenv tfenv tgenv volta
    """,
    "wrappers": """
    ! aws-vault batch-run builtin busybox bwrap caffeinate catchsegv chamber choom chronic chroot chrt command
    compute-sanitizer concurrently cpulimit cross-env dbus-run-session direnv doas doppler dotenv dotenvx
    dumb-init eatmydata entr env exec fakeroot faketime firejail flock genv gosu gtime gtimeout gxargs
    hyperfine infisical ionice linux64 ltrace nice nohup nsenter nsys numactl nvidia-smi-run op parallel perf
    pkexec prlimit proot proxychains proxychains4 pueue retry rlwrap runuser script sem setarch setpriv setsid
    sg sshpass stdbuf strace su su-exec sudo sudoedit systemd-inhibit systemd-run taskset time timeout tini
    torsocks toybox trickle ts tsp unbuffer unshare valgrind watch with-contenv xargs xvfb-run
    """,
}
FILES = {name: file for file, names in _NAMES.items() for name in names.split()}
# Those with an effect that a rule may stop; of git, its subcommands are looked for instead.
STOPPED = """
    apk apptainer apt apt-fast apt-get aptitude asdf brew buildah buildctl bun cabal cargo cargo-binstall
    choco cog composer conda corepack cpan cpanm crane deno depot devcontainer dnf dnf5 docker docker-buildx
    docker-compose docker-compose-v1 docker.exe dotnet dpkg earthly elan emerge executor finch flash flatpak
    flit fnm gcloud gcrane gdebi gem gh ghcup go goenv img juliaup ko luaenv luarocks mamba microdnf
    micromamba minikube mise n nala nerdctl nerdctl.lima nix nix-env nixpacks nodenv npm nvm nvs opam opkg
    oras pack pacman paru pdm pear pecl phpenv pip pip2 pip3 pipx pixi pkg plenv pnpm podman podman-compose
    podman-remote poetry port proto pyenv raco rbenv regctl rpm rtx runpod runpodctl rustup rustup-init s2i
    scoop sdk singularity skaffold skopeo snap stack swiftly tdnf tenv tfenv tgenv unattended-upgrade
    unattended-upgrades uv volta werf winget xbps-install yarn yarnpkg yay yum zypper
"""
# Those that run the words after them.
WRAPPERS = """
    ! aws-vault batch-run builtin bunx busybox bwrap caffeinate catchsegv choom chronic chroot chrt command
    compute-sanitizer concurrently cpulimit cross-env dbus-run-session doas dotenv dumb-init eatmydata entr
    env exec fakeroot faketime firejail flock genv gosu gtime gtimeout gxargs hyperfine ionice linux64 ltrace
    nice nohup npx nsenter numactl nvidia-smi-run parallel pkexec pnpx prlimit proot proxychains proxychains4
    pueue retry rlwrap script sem setarch setpriv setsid sshpass stdbuf strace su-exec sudo sudoedit
    systemd-inhibit systemd-run taskset time timeout tini torsocks toybox trickle ts tsp unbuffer unshare uvx
    valgrind watch with-contenv xargs xvfb-run
"""
# The language that each interpreter reads.
LANGUAGES = {
    "R": "R Rscript",
    "awk": "awk gawk mawk nawk",
    "csh": "csh tcsh",
    "elixir": "elixir",
    "elvish": "elvish",
    "erlang": "erl",
    "expect": "expect",
    "fish": "fish",
    "gdb": "gdb",
    "groovy": "groovy",
    "haskell": "ghc",
    "javascript": "bun deno node nodejs ts-node tsx zx",
    "julia": "julia",
    "lisp": "emacs",
    "lldb": "lldb",
    "lua": "lua luajit",
    "nu": "nu",
    "osascript": "osascript",
    "perl": "perl",
    "php": "php",
    "powershell": "powershell pwsh",
    "python": "bpython ipython ptpython pypy pypy3 python python3",
    "racket": "racket",
    "ruby": "ruby",
    "scala": "scala",
    "scheme": "guile",
    "sh": "ash bash dash ksh mksh rbash sh yash zsh",
    "sqlite": "sqlite3",
    "tcl": "tclsh",
    "vim": "ex nvim vi vim",
    "xonsh": "xonsh",
}
SHELLS = _NAMES["shells"]
