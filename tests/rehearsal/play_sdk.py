"""What RunPod's own SDK gets from the stand-in for its queue, as JSON: `python play_sdk.py URL ENDPOINT`."""

import json
import os
import sys

import runpod


def main(url, endpoint_id):
    runpod.endpoint_url_base = url
    endpoint = runpod.Endpoint(endpoint_id, api_key=os.environ["RUNPOD_API_KEY"])
    told = {"version": runpod.__version__, "health": sorted(endpoint.health())}
    told["run_sync"] = endpoint.run_sync({"input": {"n": 1}}, timeout=60)
    job = endpoint.run({"input": {"n": 2}})
    told["output"] = job.output(timeout=60)
    told["status"] = job.status()
    told["purged"] = endpoint.purge_queue(timeout=10)["removed"]
    try:
        runpod.Endpoint("nobody", api_key=os.environ["RUNPOD_API_KEY"]).run_sync({"input": {}}, timeout=10)
    except Exception as error:  # noqa: BLE001 - each version has its own
        told["unknown"] = type(error).__name__
    print(json.dumps(told))


main(*sys.argv[1:])
