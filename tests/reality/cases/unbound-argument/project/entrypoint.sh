#!/bin/bash
set -euo pipefail
MODE=$1
echo "mode $MODE"
exec python /main.py
