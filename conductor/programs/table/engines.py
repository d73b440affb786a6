"""Container engines, compose, builders, and clients of image registries.

Source: `docker --help`, `docker run --help` of Docker 28; podman(1), nerdctl's and buildah's command references; the
documentation of each builder and client, November 2026.
"""

from __future__ import annotations

from conductor.programs.words import BUILDS, PUSHES, Words

_RUN = Words(
    valued="--add-host --annotation -a/--attach --blkio-weight --blkio-weight-device --cap-add --cap-drop"
    " --cgroup-parent --cgroupns --cidfile --cpu-count --cpu-percent --cpu-period --cpu-quota --cpu-rt-period"
    " --cpu-rt-runtime -c/--cpu-shares --cpus --cpuset-cpus --cpuset-mems --detach-keys --device"
    " --device-cgroup-rule --device-read-bps --device-read-iops --device-write-bps --device-write-iops --dns"
    " --dns-option --dns-search --domainname --entrypoint -e/--env --expose --gpus --group-add --health-cmd"
    " --health-interval --health-retries --health-start-interval --health-start-period --health-timeout"
    " -h/--hostname --io-maxbandwidth --io-maxiops --ip --ip6 --ipc --isolation --kernel-memory -l/--label --link"
    " --link-local-ip --log-driver --log-opt --mac-address -m/--memory --memory-reservation --memory-swap"
    " --memory-swappiness --mount --name --net/--network --net-alias/--network-alias --oom-score-adj --pid"
    " --pids-limit --platform -p/--publish --pull --restart --runtime --security-opt --shm-size --stop-signal"
    " --stop-timeout --storage-opt --sysctl --tmpfs --ulimit -u/--user --userns --uts -v/--volume --volume-driver"
    " --volumes-from -w/--workdir"
    " --env-file --label-file",
    before=1,
    how="apart",
    help="run --help",
)
_BUILD = Words(
    valued="-t/--tag --build-arg --target --platform --label --secret --ssh --cache-from --cache-to --call --network"
    " --progress --build-context -m/--memory -a -c/--cpu-shares --set --builder --allow --annotation --add-host"
    " --attest --cgroup-parent --provenance --sbom --shm-size --ulimit --metadata-file"
    " -f/--file --cpu-period --cpu-quota --cpuset-cpus --cpuset-mems --isolation --memory-swap --security-opt"
    # of buildah and podman, and of depot
    " --authfile --creds --cert-dir --cap-add --cap-drop --format --ignorefile --logfile --manifest --arch --os"
    " --variant --userns --userns-uid-map --userns-gid-map --jobs --layer-label --env --unsetenv --unsetlabel"
    " --device --dns --dns-option --dns-search --decryption-key --from --group-add --hooks-dir --ipc --pid --uts"
    " --cgroupns --os-feature --os-version --retry --retry-delay --runtime --runtime-flag --sign-by"
    " --source-date-epoch --timestamp -v/--volume --cpp-flag --cache-ttl --build-platform --project --token"
    " --sbom-dir --lint-fail-on",
    writes="-o/--output --iidfile",
    help="build --help",
)
_COMPOSE = Words(
    valued="-p/--project-name --profile --parallel --ansi --progress -f/--file --env-file",
    chdir="--project-directory",
    inherits=True,
    commands={
        "build": Words(valued="--build-arg -m/--memory --ssh --builder --provenance --sbom"),
        "up create": Words(
            valued="--scale -t/--timeout --pull --wait-timeout --exit-code-from --attach --no-attach --menu"
        ),
        "run exec": Words(
            valued="-e/--env --env-from-file --entrypoint --index -l/--label --name --publish --pull -u/--user"
            " -v/--volume -w/--workdir --cap-add --cap-drop",
        ),
        "pull": Words(valued="--policy"),
        "stop restart down": Words(valued="-t/--timeout"),
    },
    effects={BUILDS: "build watch", PUSHES: "push"},
)
_KANIKO = Words(valued="-c/--context -f/--dockerfile -d/--destination --build-arg", effects={BUILDS: ""})
_BUILDER = (
    "--addr --workspace-folder -p/--profile -f/--filename --config --log-level -v/--verbosity --project --token"
    " --kubeconfig --kube-context --dir --env --tlsservername"
)
_CLIENT = "--authfile --creds --src-creds --dest-creds -c/--config -u/--username -p/--password"


def _builder(words: str) -> Words:
    return Words(valued=_BUILDER, effects={BUILDS: words})


PROGRAMS = {
    "docker podman nerdctl podman-remote finch docker.exe nerdctl.lima": Words(
        valued="-H/--host -c/--context --config -l/--log-level --tlscacert --tlscert --tlskey -n/--namespace"
        " -a/--address --root --runroot --storage-driver --storage-opt --url --connection --identity"
        " --cgroup-manager --conmon --snapshotter --data-root --builder --tmpdir",
        commands={
            "run create": _RUN,
            "exec": Words(
                valued="--detach-keys -e/--env -u/--user -w/--workdir --env-file",
                before=1,
                how="apart",
                help="exec --help",
            ),
            "build": _BUILD,
            "buildx": Words(valued="--builder"),
            "compose": _COMPOSE,
        },
        effects={
            BUILDS: "build commit image/build image/commit builder/build builder/commit container/build"
            " container/commit farm/build farm/commit buildx/build buildx/bake buildx/b buildx/f bake",
            PUSHES: "push image/push manifest/push compose/push",
        },
        help="--help",
    ),
    "docker-compose podman-compose docker-compose-v1": _COMPOSE,
    "docker-buildx": Words(valued="--builder", effects={BUILDS: "build bake b f"}),
    "buildah": Words(
        valued="--root --runroot --storage-driver --storage-opt --log-level",
        effects={BUILDS: "bud build build-using-dockerfile commit from run from-run", PUSHES: "push"},
    ),
    "executor": _KANIKO,
    "earthly": Words(
        valued="--build-arg --secret --platform --buildkit-host --remote-cache",
        effects={BUILDS: "build"},
        file="Earthfile",
    ),
    "img s2i nixpacks apptainer singularity": _builder("build"),
    "buildctl": _builder("build b"),
    "pack": _builder("build buildpack/package builder/create rebase extension/package"),
    "devcontainer": _builder("build up"),
    "depot": _builder("build bake"),
    "werf": _builder("build converge compose/up bundle/publish export"),
    "skaffold": _builder("build run dev debug"),
    "ko": _builder("build publish apply create resolve run"),
    "minikube": _builder("image/build"),
    "cog": _builder("build push"),
    "skopeo": Words(valued=_CLIENT, dry="--dry-run", effects={PUSHES: "copy sync delete"}),
    "crane": Words(valued=_CLIENT, effects={PUSHES: "push tag copy cp delete append mutate rebase"}),
    "gcrane": Words(valued=_CLIENT, effects={PUSHES: "push tag copy cp delete"}),
    "oras": Words(valued=_CLIENT, effects={PUSHES: "push copy cp tag attach manifest/push manifest/delete blob/push"}),
    "regctl": Words(valued=_CLIENT, effects={PUSHES: "image/copy tag/delete image/import manifest/put"}),
}
