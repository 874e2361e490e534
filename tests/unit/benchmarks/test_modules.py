"""Every benchmark that can be named has a module that runs."""

from importlib.util import find_spec

import pytest

from benchmarks.__main__ import BENCHES


@pytest.mark.parametrize("name", BENCHES)
def test_its_module_can_be_run(name):
    module = BENCHES[name].module or f"benchmarks.{name}"
    found = find_spec(module)
    assert found is not None
    assert not found.submodule_search_locations or find_spec(f"{module}.__main__")
