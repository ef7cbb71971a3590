"""The job table over HTTP: how each job stands, and asking for a run."""

from __future__ import annotations

from flask.testing import FlaskClient


def test_the_table_tells_how_each_job_stands(client: FlaskClient) -> None:
    reply = client.get("/api/v1/jobs")
    assert reply.status_code == 200
    index, reconcile = reply.get_json()["jobs"]
    assert index["running"]["cause"] == "due"
    assert index["runs"] == []
    assert reconcile["running"] is None
    (last,) = reconcile["runs"]
    assert (last["number"], last["outcome"], last["figures"]["missing"]) == (61, "problems", 2)
    assert last["reason"].startswith("assets studio")


def test_a_run_is_asked_for_and_asking_again_changes_nothing(client: FlaskClient) -> None:
    first = client.post("/api/v1/jobs/reconcile/run")
    assert first.status_code == 202
    assert first.get_json()["job"] == "reconcile"
    again = client.post("/api/v1/jobs/reconcile/run")
    assert (again.status_code, again.get_json()) == (202, first.get_json())
    jobs = client.get("/api/v1/jobs").get_json()["jobs"]
    assert jobs[1]["asked"] == first.get_json()["asked"]


def test_an_unknown_job_is_refused_and_named(client: FlaskClient) -> None:
    reply = client.post("/api/v1/jobs/make-coffee/run")
    assert reply.status_code == 404
    assert reply.get_json()["code"] == "not-found"
    assert "make-coffee" in reply.get_json()["detail"]


def test_a_job_that_is_running_is_not_asked_for(client: FlaskClient) -> None:
    reply = client.post("/api/v1/jobs/index/run")
    assert reply.status_code == 409
    assert reply.get_json()["code"] == "run-in-progress"


def test_a_job_is_run_by_post_alone(client: FlaskClient) -> None:
    assert client.get("/api/v1/jobs/index/run").status_code == 405
    assert client.post("/api/v1/jobs/reconcile/run?force=1").status_code == 422
