"""The agents' programs take minutes and npm: they run where they are asked for, by `-m agents`, and nowhere else."""


def pytest_collection_modifyitems(config, items):
    if config.option.markexpr != "agents":
        left_out = [item for item in items if item.get_closest_marker("agents")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
