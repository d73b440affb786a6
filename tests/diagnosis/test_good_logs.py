"""Logs of what went well: warnings, tests, and words like error in them name no cause with high confidence."""

import pytest

from conductor.diagnosis.explain import diagnose
from conductor.domain.finding import Confidence

# What stands before each line, and how the log ends.
ENDS = {
    "BuildKit": (
        "#9 1.2 ",
        "#12 exporting to image\n#12 exporting manifest sha256:aa done\n#12 naming to docker.io/o/n:1 done\n#12 DONE 1.2s\n",
    ),
    "buildah": (
        "",
        "COMMIT localhost/x\nGetting image source signatures\nWriting manifest to image destination\n0123456789abcdef\n",
    ),
    "the classic builder": ("", "Successfully built 0123456789ab\nSuccessfully tagged x:latest\n"),
    "a job of GitHub": (
        "2026-01-05T09:59:00.0000000Z ",
        "2026-01-05T10:00:00.0000000Z Job completed successfully\n2026-01-05T10:00:00.0000000Z Cleaning up orphan processes\n",
    ),
    "kaniko": ("", "INFO[0100] Pushed index.docker.io/o/n@sha256:aa\n"),
}
MIDDLES = {
    "pip's resolver complains and goes on": "ERROR: pip's dependency resolver does not currently take into account all the packages that are installed. This behaviour is the source of the following dependency conflicts.\ntensorflow 2.12 requires numpy<1.24, but you have numpy 1.26.4 which is incompatible.\nSuccessfully installed numpy-1.26.4\n",
    "curl finds nothing and the script goes on": "curl: (22) The requested URL returned error: 404\nno index there, going on without\n",
    "wget finds nothing and there is another way": "HTTP request sent, awaiting response... 404 Not Found\n2026-01-05 10:00:00 ERROR 404: Not Found.\nfalling back to the bundled file\n",
    "rm of what is not there": "rm: cannot remove '/tmp/x': No such file or directory\n",
    "a program that was only tried": "/bin/sh: 1: nvidia-smi: not found\nno GPU while building, fine\n",
    "a compiler that was only tried": "which: no nvcc in (/usr/bin:/bin)\nnvcc: command not found (skipping extension)\n",
    "no errors counted": "0 errors, 3 warnings\nFound 0 errors.\n",
    "warnings of a compiler": "foo.c:3:5: warning: unused variable 'error' [-Wunused-variable]\nfoo.c:9: warning: implicit declaration of function 'fatal_error'\n",
    "tests that print what they expect": "test_oom.py::test_cuda_out_of_memory PASSED\nRuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB\n12 passed, 1 warning in 0.42s\n",
    "a traceback that was caught": "Traceback (most recent call last):\n  File \"t.py\", line 1, in f\nModuleNotFoundError: No module named 'xformers'\nxformers is optional, continuing without it\n",
    "npm warns": "npm warn deprecated inflight@1.0.6: This module is not supported, and leaks memory.\nnpm error code ELIFECYCLE (optional dependency, skipped)\nadded 200 packages in 4s\n",
    "debconf without a terminal": "debconf: unable to initialize frontend: Dialog\ndebconf: (TERM is not set, so the dialog frontend is not usable.)\ninvoke-rc.d: policy-rc.d denied execution of start.\n",
    "pip as root": "WARNING: Running pip as the 'root' user can result in broken permissions and conflicting behaviour with the system package manager\n",
    "pip tries again": "WARNING: Retrying (Retry(total=4, connect=None)) after connection broken by 'ReadTimeoutError(\"Read timed out. (read timeout=15)\")': /simple/x/\nSuccessfully installed x-1.0\n",
    "apt ignores a repository": "Err:1 http://deb.example bookworm/main InRelease\n  Could not connect\nW: Failed to fetch http://deb.example/x  Could not resolve\nW: Some index files failed to download. They have been ignored, or old ones used instead.\nReading package lists... Done\n",
    "no cache yet": "ERROR: failed to configure registry cache importer: docker.io/o/n:cache: not found\n",
    "no repository": "fatal: not a git repository (or any of the parent directories): .git\nversion: unknown\n",
    "no tag": "fatal: No names found, cannot describe anything.\nusing 0.0.0\n",
    "no locale": "perl: warning: Setting locale failed.\nbash: warning: setlocale: LC_ALL: cannot change locale (en_US.UTF-8)\n",
    "deprecations": "DEPRECATION: Python 2.7 reached the end of its life\nDeprecationWarning: distutils Version classes are deprecated\n",
    "no GPU while building": "torch.cuda.is_available(): False\nUserWarning: CUDA initialization: Found no NVIDIA driver on your system.\n",
    "another port": "OSError: [Errno 98] Address already in use\nport 8000 is taken, trying 8001\nlistening on 8001\n",
    "another folder": "mkdir: cannot create directory '/cache': Permission denied\nusing /tmp/cache instead\n",
    "not logged in": "401 Client Error: Unauthorized for url: https://huggingface.co/api/whoami\nnot logged in, public models only\n",
    "words of a test": "checking disk: no space left on device is handled (simulated)\n",
    "an optional package": "INFO: pip is looking at multiple versions of click to determine which version is compatible with other requirements. This could take a while.\nERROR: Could not find a version that satisfies the requirement foo (from versions: none)\nfoo is optional, skipping\n",
    "a second way to build": "  error: subprocess-exited-with-error\n  Building wheel for x (setup.py): finished with status 'error'\n  ERROR: Failed building wheel for x\n  Running setup.py install for x: finished with status 'done'\nSuccessfully installed x-1.0\n",
    "words that are echoed": "echo 'exit code: 1 means that it failed'\nerror handling: on\n",
    "traced commands": "+ command -v podman\n+ echo 'podman not found'\n+ exit 0\n",
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("middle", MIDDLES)
def test_a_log_that_says_that_it_ended_well_has_no_cause(middle, end):
    before, last = ENDS[end]
    lines = "".join(f"{before}{line}\n" for line in MIDDLES[middle].splitlines())
    assert diagnose((lines + last).encode()).suspect is None


@pytest.mark.parametrize(
    "middle", [name for name in MIDDLES if name not in {"no cache yet", "a compiler that was only tried"}]
)
def test_without_an_end_what_a_log_goes_on_after_is_not_certain(middle):
    found = diagnose((MIDDLES[middle] + "next\nand next\n").encode())
    assert found.suspect is None or found.confidence is not Confidence.HIGH


FAILED = "2026-01-05T10:00:00.0000000Z ##[error]Process completed with exit code 1.\n"


def test_a_job_of_github_that_failed_ends_with_the_same_words_and_is_answered():
    log = "curl: (22) The requested URL returned error: 404\n" + FAILED + "Cleaning up orphan processes\n"
    found = diagnose(log.encode())
    assert (found.suspect.cause.code, found.confidence) == ("DOWNLOAD_GONE", Confidence.HIGH)


# Lines of real builds and starts, each broken in one way.
REAL = {
    'RuntimeError: Form data requires "python-multipart" to be installed. ': "MODULE_MISSING",
    "pydantic.errors.PydanticImportError: `BaseSettings` has been moved to the `pydantic-settings` package.": "IMPORT_NAME",
    "AttributeError: module 'sqlalchemy' has no attribute '__all__'": "IMPORT_NAME",
    "ImportError: failed to find libmagic.  Check your installation": "LIBRARY_MISSING",
    "RuntimeError: Directory '/app/web/static' does not exist": "FILE_MISSING",
    "ERROR: Could not install packages due to an OSError: [Errno 2] No such file or directory: '/croot/certifi/work'": "FILE_MISSING",
    "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/opt/venv/lib/x'": "WRITE_DENIED",
    "ERROR: *.whl is not a valid wheel filename.": "FILE_MISSING",
    "ERROR: The editable requirement file:///app cannot be installed when requiring hashes, because there is no file": "PIP_HASH",
    "Option s is ambiguous (shell, system)": "OPTION_UNKNOWN",
    "The currently activated Python version 3.10.13 is not supported by the project (^3.12).": "PIP_NO_VERSION",
    "error: Multiple top-level packages discovered in a flat-layout: ['data', 'app'].": "PROJECT_INCOMPLETE",
    "LookupError: setuptools-scm was unable to detect version for /app.": "PROJECT_INCOMPLETE",
    "OSError: Readme file does not exist: README.md": "PROJECT_INCOMPLETE",
    "ValueError: Unable to determine which files to ship inside the wheel": "PROJECT_INCOMPLETE",
    "locale.Error: unsupported locale setting": "LOCALE_MISSING",
    '2026/01/05 03:41:25 [emerg] 56#56: invalid parameter "root" in /etc/nginx/sites-enabled/default:3': "CONFIG_REFUSED",
    "Error: .ini file does not include supervisord section": "CONFIG_REFUSED",
    "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)": "PORT_IN_USE",
}


@pytest.mark.parametrize("line", REAL)
def test_what_real_builds_that_failed_say_is_named(line):
    found = diagnose(f"{line}\nsubprocess exited with status 1\n".encode())
    assert found.suspect is not None
    assert found.suspect.cause.code == REAL[line]
