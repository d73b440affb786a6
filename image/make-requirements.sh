#!/bin/sh
# Pin requirements.txt anew from requirements.in, for the base image's Python and torch (needs uv).
set -eu
cd "$(dirname "$0")"
torch="torch torchvision triton setuptools nvidia-cublas-cu12 nvidia-cuda-cupti-cu12 nvidia-cuda-nvrtc-cu12
nvidia-cuda-runtime-cu12 nvidia-cudnn-cu12 nvidia-cufft-cu12 nvidia-cufile-cu12 nvidia-curand-cu12 nvidia-cusolver-cu12
nvidia-cusparse-cu12 nvidia-cusparselt-cu12 nvidia-nccl-cu12 nvidia-nvjitlink-cu12 nvidia-nvtx-cu12"
set --
for name in $torch; do set -- "$@" --no-emit-package "$name"; done
printf 'torch==2.7.1\ntorchvision==0.22.1\n' | uv pip compile requirements.in --constraint - --constraint ../requirements/rehearsal.txt \
    --python-version 3.11 --python-platform x86_64-manylinux_2_35 --only-binary :all: \
    --generate-hashes --no-header --no-emit-index-url --no-annotate --quiet "$@" --output-file requirements.txt
