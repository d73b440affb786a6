#!/bin/bash
set -e
cd "$(dirname "${BASH_SOURCE[0]}")"
packages=(click tabulate)
for p in "${packages[@]}"; do
  python3 -m pip install --no-cache-dir "$p"
done
chmod +x run
