"""Runs, mistakes, models and the queue over HTTP; one project with one quick training serves all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests import small
from tests.server.asking import asking

from annelid import jobs
from annelid.alone import alone
from annelid.project import Project
from annelid.queue.entries import folder_of
from annelid.server.bulletin import Told
from annelid.server.jobs import News


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with small.project_of_discs(tmp_path_factory.mktemp("learned") / "project") as made:
        made.split(val=0.25, test=0.25)
        made.train(engine="threshold", name="discs", watch=lambda _: None, sigma=4)
        yield made


@pytest.fixture
def client(project: Project) -> Iterator[TestClient]:
    with asking(project.root) as client:
        yield client


def got(client: TestClient, path: str, status: int = 200) -> Any:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return answer.json()


def queued(client: TestClient, asked: dict[str, Any]) -> Any:
    answer = client.post("api/jobs", json=asked)
    assert answer.status_code == 201, answer.text
    return answer.json()


def wait_for_the_runner_to_end(project: Project) -> None:
    with alone(folder_of(project.root) / "queue.lock", 30) as is_free:
        assert is_free


def test_runs_are_listed_with_their_best_figures(client: TestClient) -> None:
    (run,) = got(client, "api/runs")
    assert (run["name"], run["state"], run["model"], run["metrics"]["part"]) == ("discs", "finished", "discs@v1", "val")
    assert 0 < run["metrics"]["F1"] <= 1


def test_a_run_tells_all_that_is_known(client: TestClient) -> None:
    run = got(client, "api/runs/discs")
    assert run["engine"] == "threshold"
    assert run["params"] == {"sigma": 4}
    assert run["curves"]["epoch"] == [1]
    assert run["card"]["reference"] == "discs@v1"
    assert "learned_from" not in run["card"]
    assert run["verdict"]["part"] == "val"
    assert run["verdict"]["answer"]
    assert run["measured"]["val"]["metrics"]["mask"]["intervals"] is not None or run["measured"]["val"]["uncertainty"]
    assert len(run["parts"]["val"]["confusion"]) == 2
    assert [finding["code"][0] for finding in run["diagnosis"]] == ["D"] * len(run["diagnosis"])


def test_events_go_on_from_where_one_was(client: TestClient) -> None:
    first = got(client, "api/runs/discs/events?from=0")
    assert {"header", "epoch"} <= {event["name"] for event in first["events"]}
    assert got(client, f"api/runs/discs/events?from={first['next']}")["events"] == []
    assert client.get("api/runs/discs/events?from=x").status_code == 400


def test_the_report_is_a_page_that_can_do_nothing(client: TestClient) -> None:
    answer = client.get("api/runs/discs/files/report.html")
    assert answer.status_code == 200
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "script-src" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "api/runs/nothing",
        "api/runs/..",
        "api/runs/%2e%2e",
        "api/runs/discs/files/../../../annelid.db",
        "api/runs/discs/files/%2e%2e/%2e%2e/annelid.yaml",
        "api/runs/discs/files/weights/best.json",
        "api/runs/discs/files/job.json",
    ],
)
def test_nothing_outside_of_runs_is_sent(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_mistakes_are_counted_by_image_and_shown_beside_the_truth(client: TestClient, project: Project) -> None:
    found = got(client, "api/runs/discs/mistakes?conf=0")
    assert found["model"] == "discs@v1"
    assert {line["part"] for line in found["images"]} == {"val"}
    worst = found["images"][0]
    one = got(client, f"api/runs/discs/mistakes?conf=0&view={worst['view']}")
    assert one["counts"] == worst["counts"]
    ids = {each["id"] for each in one["predicted"]}
    (item,) = project.store.items([worst["view"]])
    for mistake in one["mistakes"]:
        assert mistake["text"] == found["kinds"][mistake["kind"]]
        assert mistake["id"] in (ids if mistake["is_predicted"] else set(item.objects.ids))
    assert one["found"] + sum(not m["is_predicted"] for m in one["mistakes"]) <= one["objects"]
    assert client.get("api/runs/discs/mistakes?conf=2").status_code == 400
    assert client.get("api/runs/discs/mistakes?view=none").status_code == 404


def test_models_are_promoted_and_rolled_back(client: TestClient) -> None:
    (card,) = got(client, "api/models")
    assert (card["reference"], card["promoted"], card["metrics"]["val"]["mask"]["F1"] > 0) == ("discs@v1", True, True)
    assert client.post("api/models/discs@v1/promote").json()["promoted"] is True
    refused = client.post("api/models/discs/rollback")
    assert (refused.status_code, refused.json()["error"]["message"]) == (400, "discs has no earlier version")


def test_parameters_are_told_with_a_line_a_default_and_a_range(client: TestClient) -> None:
    told = got(client, "api/parameters")
    assert told["models"] == ["discs@v1"]
    yolo = next(engine for engine in told["engines"] if engine["name"] == "yolo")
    first = [each["name"] for each in yolo["parameters"] if each["main"]]
    assert first == ["epochs", "imgsz", "batch", "lr0", "patience", "recipe"]
    for each in yolo["parameters"]:
        assert each["meaning"]
        assert each["group"]
        assert each["usual"] or each["kind"] != "number" or each["choices"]


def test_a_plan_says_what_would_be_learned_and_what_is_wrong(client: TestClient) -> None:
    plan = client.post("api/plan", json={"engine": "yolo", "params": {"epochs": 5}}).json()
    assert (plan["model"], plan["task"], plan["images"]) == (
        "yolo11n-seg.yaml",
        "segment",
        {"train": 4, "val": 2, "test": 2},
    )
    assert plan["recipe"].startswith("recipe small (4 images)")
    assert plan["parameters"]["epochs"] == 5
    wrong = client.post("api/plan", json={"engine": "yolo", "params": {"epoch": 5}})
    assert (wrong.status_code, wrong.json()["error"]["next_step"]) == (400, "did you mean epochs?")
    assert client.post("api/plan", json={"model": "/etc/passwd"}).status_code == 400


def test_findings_come_before_a_training(client: TestClient) -> None:
    assert {"findings", "scan"} <= got(client, "api/findings").keys()


def test_a_job_is_queued_run_and_told(client: TestClient, project: Project) -> None:
    news = News(project.root)
    added = client.post("api/jobs", json={"verb": "evaluate", "arguments": {"model": "discs", "part": "test"}})
    assert added.status_code == 201
    id_ = added.json()["id"]
    told: list[Told] = []
    deadline = time.monotonic() + 60
    while got(client, f"api/jobs/{id_}")["state"] in ("queued", "running"):
        told += news()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    told += news()
    done = got(client, f"api/jobs/{id_}")
    assert (done["state"], done["result"]["part"]) == ("finished", "test")
    assert [data["state"] for name, data in told if name == "job"][-1] == "finished"
    assert list(news()) == []
    assert client.post(f"api/jobs/{id_}/stop").status_code == 400
    assert {line["part"] for line in got(client, "api/runs/discs/mistakes")["images"]} == {"val", "test"}


@pytest.mark.parametrize(
    ("verb", "arguments", "said"),
    [
        ("train", {"trust": True}, "trust can't be asked for here"),
        ("train", {"cfg": "/etc/passwd"}, "cfg can't be asked for here"),
        ("train", {"model": "../../x.pt"}, "is a path"),
        ("train", {"augmentations": "/etc/passwd"}, "is a path"),
        ("evaluate", {"model": "discs", "compare": "..\\x.pt"}, "is a path"),
        ("predict", {"model": "discs", "out": "/tmp/x"}, "out can't be asked for here"),
        ("predict", {"model": "discs", "images": ["nothing"]}, "nothing"),
        ("resume", {"run": "../.."}, "is a path"),
        ("resume", {"run": "nothing"}, "there is no run"),
        ("train", {"epochs": "a"}, "epochs: expected int, found 'a'"),
        ("train", {"engine": "threshold", "sigma": "x"}, "sigma must be a number"),
        ("train", {"name": 5}, "name: expected a text"),
        ("propose", {"conf": "a"}, "conf: expected a number"),
        ("propose", {"imgsz": "a"}, "imgsz: expected a number"),
        ("propose", {"images": "all"}, "images: expected a list"),
        ("evaluate", {"model": "discs", "part": "all"}, "part: found 'all'"),
        ("export", {"format": "docx"}, "there is no format"),
        ("check", {"pixels": 1}, "pixels: expected true or false"),
        ("backup", {}, "there is no verb"),
        (None, {}, "a job is a verb"),
    ],
)
def test_a_page_may_not_ask_for_everything(client: TestClient, verb: Any, arguments: Any, said: str) -> None:
    before = len(got(client, "api/jobs"))
    answer = client.post("api/jobs", json={"verb": verb, "arguments": arguments})
    assert answer.status_code in (400, 404)
    assert said in answer.json()["error"]["message"]
    assert len(got(client, "api/jobs")) == before


def test_predictions_and_exports_get_folders_of_their_own(
    client: TestClient, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annelid.queue.begin", lambda _: False)
    wait_for_the_runner_to_end(project)
    asked = {"verb": "predict", "arguments": {"model": "discs@v1", "images": [], "save": ["coco"]}}
    first, second = (queued(client, asked) for _ in range(2))
    folder = project.root / "predictions"
    assert [Path(each["arguments"]["out"]) for each in (first, second)] == [folder / "discs-v1", folder / "discs-v1-2"]
    assert len(first["arguments"]["sources"]) == 8
    for each in (first, second):
        assert client.post(f"api/jobs/{each['id']}/stop").json()["state"] == "removed"


def test_a_run_that_somebody_else_started_can_be_stopped(client: TestClient, project: Project) -> None:
    refused = client.post("api/runs/discs/stop")
    assert "is over" in refused.json()["error"]["message"]
    folder = project.root / "runs" / "other"
    jobs.Job("train", folder, {}).write()
    assert client.post("api/runs/other/stop").json() == {"stopping": True}
    assert (folder / "stop").exists()
    (folder / "job.json").unlink()
    assert folder_of(project.root).name == "jobs"
