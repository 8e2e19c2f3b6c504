"""Studies through the public face."""

import json
import pathlib

import pytest

import attractorlab
from attractorlab import errors, studies


def test_the_list_has_ids_and_questions() -> None:
    listed = studies.list()
    assert len({study.id for study in listed}) == len(listed)
    for study in listed:
        assert study.id.count("/") == 1
        assert len(study.question) > 20


def test_every_claim_of_every_quick_study_holds(tmp_path: pathlib.Path) -> None:
    results = studies.run(output=tmp_path)
    assert [result.id for result in results] == [study.id for study in studies.list()]
    for result in results:
        assert result.holds, (result, result.claims)
        assert result.claims and result.preset == "quick" and result.seed == 1
    if results:
        kept = json.loads((tmp_path / "results.json").read_text())
        assert [study["id"] for study in kept] == [result.id for result in results]


def test_running_nothing_gives_nothing() -> None:
    assert studies.run([]) == []


def test_results_read_well() -> None:
    claim = studies.Claim("a-flex", "", "", -0.25, -0.25, 1e-6, "within", "", True)
    assert repr(claim) == "<Claim a-flex holds: measured -0.25, expected = -0.25 ± 1e-06>"
    result = studies.StudyResult("p/s", "", "", "0", "quick", 1, 2.0, None, (claim,))
    assert result.holds
    assert repr(result) == "<StudyResult p/s: 1 of 1 claims hold, quick, seed 1, 2.0 s>"
    broken = studies.StudyResult("p/s", "", "", "0", "quick", 1, 2.0, "g < 0", ())
    assert not broken.holds
    assert repr(broken) == "<StudyResult p/s: could not run: g < 0>"


@pytest.mark.parametrize(
    ("arguments", "named", "builtin", "message"),
    [
        ({"ids": "hopfield1982"}, errors.UnknownStudyError, LookupError, "no study 'hopfield1982'"),
        ({"ids": [], "threads": 0}, errors.InputError, ValueError, "threads must be at least 1"),
        ({"ids": [], "preset": "small"}, errors.InputError, ValueError, "'quick' or 'full'"),
        ({"ids": [], "output": __file__}, errors.OutputError, OSError, "cannot write to"),
    ],
)
def test_bad_input_has_a_name(
    arguments: dict[str, object],
    named: type[Exception],
    builtin: type[Exception],
    message: str,
) -> None:
    with pytest.raises(named, match=message) as raised:
        studies.run(**arguments)  # type: ignore[arg-type]
    assert isinstance(raised.value, attractorlab.AttractorLabError)
    assert isinstance(raised.value, builtin)


def test_a_seed_out_of_range_is_refused() -> None:
    with pytest.raises(OverflowError):
        studies.run([], seed=-1)
