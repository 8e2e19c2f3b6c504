import os

__all__ = ["__version__", "list_studies", "run_studies"]

__version__: str

def list_studies() -> str: ...
def run_studies(
    ids: list[str] | None,
    preset: str,
    seed: int,
    threads: int | None,
    output: str | os.PathLike[str] | None,
) -> str: ...
