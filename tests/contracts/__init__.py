"""The published interfaces of GitHub and RunPod, as structure only, and what is sent and answered against them.

`scripts/extract_contracts.py` wrote the two JSON files.
"""
