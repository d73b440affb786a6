"""Programs that run a command on another machine, in a pod, or in another terminal.

Source: ssh(1) of OpenSSH 9, tmux(1) 3.3, screen(1); `kubectl exec --help`, `vagrant ssh --help`, `lxc exec --help`.
"""

from __future__ import annotations

from conductor.programs.words import Words

PROGRAMS = {
    "ssh autossh mosh slogin": Words(valued="-b -B -c -D -e -I -J -L -l -m -O -o -p -Q -R -W -w -F -i -S", writes="-E"),
    "kubectl oc k3s microk8s": Words(
        valued="-n/--namespace --context -c/--container --image -l/--selector --user --cluster -s/--server"
        " --kubeconfig -f/--filename",
    ),
    "lxc incus toolbox distrobox machinectl": Words(valued="-c/--container --cwd --env --user -n/--name"),
    "vagrant": Words(valued="--zone --project", text="-c/--command"),
    "tmux": Words(
        valued="-L -f -T -S",
        text="-c",
        commands={
            "send-keys send": Words(valued="-t -N"),
            "popup display-popup": Words(valued="-t -s -n -c -F -x -y -e -l -p -h -d -w -b -S -T"),
            "new-session new new-window neww split-window splitw respawn-pane respawnp respawn-window run-shell run"
            " if-shell if pipe-pane": Words(valued="-t -s -n -c -F -x -y -e -l -p"),
        },
    ),
    "screen": Words(valued="-S -c -p -e -h -s -t -T -X"),
}
