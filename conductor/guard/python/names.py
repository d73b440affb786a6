"""Names of Python's standard library and common packages that start processes, change files or send requests."""

from __future__ import annotations

SHELL_CALLS = frozenset({
    "os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "asyncio.create_subprocess_shell",
    "commands.getoutput", "popen2.popen2", "pexpect.spawn", "pexpect.run", "pty.spawn", "sh.bash", "posix.system",
    "nt.system", "invoke.run", "fabric.local", "plumbum.local", "pexpect.spawnu",
})  # fmt: skip
PROCESS_CALLS = frozenset({
    "subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output", "subprocess.Popen",
    "asyncio.create_subprocess_exec", "os.execvp", "os.execv", "os.execve", "os.execvpe", "os.spawnvp", "os.spawnv",
    "os.posix_spawn", "os.posix_spawnp", "os.execlp", "os.execl", "os.execle", "os.execlpe", "os.spawnlp", "os.spawnl",
    "sh.Command", "posix.posix_spawn",
})  # fmt: skip
PIP_CALLS = frozenset({
    "pip.main", "pip._internal.main", "pip._internal.cli.main.main", "pip._internal.main.main", "main.main",
    "pip.__main__.main", "pipmain",
})  # fmt: skip
DELETE_CALLS = frozenset({"os.remove", "os.unlink", "os.rmdir", "os.removedirs", "send2trash.send2trash"})
DELETE_TREE_CALLS = frozenset({"shutil.rmtree"})
MOVE_CALLS = frozenset({"os.rename", "os.replace", "shutil.move", "os.renames"})
COPY_CALLS = frozenset({"shutil.copy", "shutil.copy2", "shutil.copyfile", "os.link", "os.symlink", "shutil.copytree"})
UNPACKS = frozenset({"extractall", "extract", "unpack_archive"})
REQUESTERS = frozenset({"requests", "httpx", "session", "client", "s", "urllib3", "http", "aiohttp"})
METHODS = frozenset({"post", "put", "patch", "delete"})
STARTING = frozenset({"system", "popen", "run", "call", "check_call", "check_output", "Popen", "getoutput", "spawn"})
