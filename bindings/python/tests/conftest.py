"""What all tests share."""

from collections.abc import Callable

import pytest

from wasmote import Engine, Instance, Module, Store


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def store(engine: Engine) -> Store:
    return Store(engine)


@pytest.fixture
def load(engine: Engine, store: Store) -> Callable[..., dict]:
    """Instantiates a text in the store, and returns the exports."""

    def load(text: str, *imports):
        return Instance(store, Module(engine, text), imports).exports(store)

    return load
