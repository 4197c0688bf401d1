"""Output of an operation on the command line."""

import click

from portal.jobs.models import LineKind, Operation


def show_line(kind: LineKind, text: str, seconds: float | None) -> None:
    if kind is LineKind.TEXT:
        click.echo(f"  {text}")
    elif kind is LineKind.STEP:
        click.echo(f"{text} …")
    else:
        word = "done" if kind is LineKind.STEP_DONE else "failed"
        click.echo(f"{text}: {word} in {seconds or 0:.1f} s")


def show_ending(operation: Operation) -> None:
    click.echo(
        f"{operation.title}: {operation.state}. {operation.outcome}", err=not operation.is_done
    )
