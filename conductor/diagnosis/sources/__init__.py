"""Where a log comes from: a file, a run of the CI service, a worker, a job."""
