"""Units as their own readers see them: CronJobs by the published Kubernetes schemas, DAGs by running what they hand over.

usage: units_check.py PROGRAM WORKSPACE
"""

import pathlib
import subprocess
import sys
import tempfile
import types

import kubernetes_validate
import yaml


def made(program, workspace, target, folder):
    """The unit files of one target."""
    command = [program, "-C", workspace, "schedule", target, "--out", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return sorted(folder.iterdir())


def check_kubernetes(files):
    for file in files:
        for document in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            for version in ("1.37", "1.30"):
                kubernetes_validate.validate(document, version, strict=True)
            spec = document["spec"]["jobTemplate"]["spec"]["template"]["spec"]
            container = spec["containers"][0]
            assert document["spec"]["concurrencyPolicy"] == "Forbid", file
            assert spec["securityContext"]["runAsNonRoot"] and container["securityContext"]["readOnlyRootFilesystem"], file
            mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
            assert mounts["workspace"] == container["args"][1], f"{file}: -C names the volume"
            planted = dict(document, spec=dict(document["spec"], concurencyPolicy="Forbid"))
            try:
                kubernetes_validate.validate(planted, "1.37", strict=True)
            except kubernetes_validate.ValidationError:
                continue
            raise AssertionError("the validator does not notice a misspelt key")


class Failed(Exception):
    """Airflow's own: the task is retried."""


class FailedForGood(Exception):
    """Airflow's own: the task is not retried."""


class Skipped(Exception):
    """Airflow's own: the task is skipped."""


def stub_airflow():
    """Just as much of Airflow as a DAG file imports; the DAGs and tasks that it makes."""
    dags, tasks = [], []

    class Dag:
        def __init__(self, **arguments):
            self.dag_id, self.arguments = arguments["dag_id"], arguments
            dags.append(self)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return False

    modules = {
        "airflow": {"DAG": Dag},
        "airflow.exceptions": {
            "AirflowException": Failed,
            "AirflowFailException": FailedForGood,
            "AirflowSkipException": Skipped,
        },
        "airflow.operators.python": {"PythonOperator": lambda **arguments: tasks.append(arguments)},
        "airflow.timetables.trigger": {"CronTriggerTimetable": lambda cron, timezone: (cron, timezone)},
        "pendulum": {"datetime": lambda *day, tz: (day, tz)},
    }
    for name in ("airflow.operators", "airflow.timetables"):
        modules.setdefault(name, {})
    for name, members in modules.items():
        module = types.ModuleType(name)
        vars(module).update(members)
        sys.modules[name] = module
    return dags, tasks


def check_airflow(files, workspace, folder):
    import datetime

    dags, tasks = stub_airflow()
    scope = {}
    exec(compile(files[0].read_text(encoding="utf-8"), files[0].name, "exec"), scope)  # noqa: S102
    assert len(dags) == len(tasks) == len(scope["JOBS"]) >= 2
    for dag in dags:
        assert dag.arguments["max_active_runs"] == 1 and dag.arguments["schedule"][1] == "Asia/Shanghai"
    by_name = {task["task_id"]: dag.arguments["catchup"] for task, dag in zip(tasks, dags)}
    assert by_name["monthly"] is True and by_name["nightly"] is False
    moment = datetime.datetime(2026, 3, 4, 20, 0, tzinfo=datetime.timezone.utc)
    asked = folder / "asked"
    for code, raised in ((0, None), (99, Skipped), (75, Failed), (1, FailedForGood), (3, FailedForGood), (4, FailedForGood)):
        program = folder / f"program-{code}"
        program.write_text(f'#!/bin/sh\necho "$@" > "{asked}"\nexit {code}\n', encoding="utf-8")
        program.chmod(0o755)
        scope["PROGRAM"] = str(program)
        try:
            scope["run_job"](**tasks[0]["op_kwargs"], data_interval_end=moment)
            found = None
        except (Failed, FailedForGood, Skipped) as error:
            found = type(error)
        assert found is raised, f"exit code {code}: {found}"
    wanted = f"-C {workspace} --log-format json run {tasks[0]['op_kwargs']['job']} --scheduled=2026-03-04T20:00:00+00:00 --skip-code"
    assert asked.read_text(encoding="utf-8").strip() == wanted, asked.read_text(encoding="utf-8")
    return 6


def main():
    program, workspace = (str(pathlib.Path(argument).resolve()) for argument in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        cronjobs = made(program, workspace, "--kubernetes", folder / "kubernetes")
        check_kubernetes(cronjobs)
        dags = made(program, workspace, "--airflow", folder / "airflow")
        codes = check_airflow(dags, workspace, folder)
    print(f"units: {len(cronjobs)} CronJobs by two versions of Kubernetes, {codes} exit codes by the DAG: {len(cronjobs) + codes} cases")


main()
