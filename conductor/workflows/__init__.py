"""What a repository's workflows build and push, read as GitHub would read them; nothing is run and nobody is asked.

- `survey.survey_repository(root, facts)` says what an image's configuration can be taken from: the builds that were
  found, best first, and what of them is certain.
- `runs.find_builds(files, facts)` returns every image that a workflow's steps build, with its Dockerfile, context,
  repositories and the event that starts it: `docker/build-push-action` and its kin, bake files, `docker build` in
  scripts, reusable workflows and composite actions of this repository, every combination of a matrix.
- `partial`: text of which a part can't be seen. A secret, a variable of the repository or a run's own number stays in
  it by name; a default that is written beside it (`vars.REPO || 'owner'`) is kept as such.
- `expressions.interpolate(text, contexts)` resolves `${{ … }}`; `scripts.read_script` follows what a `run:` writes into
  the environment and the outputs; `hcl` and `bake` read bake files.
- `reading.Workflows(files)` are the workflows as they are written: `located` values (texts, mappings and lists that
  know their line and column), `steps`, every expression with its tree (`expression_tree`) and what may stand there
  (`availability`). `shape.find_refusals` says what GitHub refuses, `names.find_missing` which names lead to nothing,
  `secret_names`, `logins` and `images` what secrets, registries and tags a job uses.
"""
