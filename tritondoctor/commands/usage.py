"""What typer says of wrong usage and of itself, in the user's language."""

from __future__ import annotations

from typing import Any

from tritondoctor.support import messages
from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _, mark, shown

#: its messages, found again in what it says (click's exceptions.py, parser.py, types.py and core.py)
MESSAGES = (
    mark("Invalid value for {name}: {problem}"),
    mark("Invalid value: {problem}"),
    mark("{value} is not one of {choices}."),
    mark("{value} is not a valid {kind}."),
    mark("No such option: {name}"),
    mark("No such option: {name} (Possible options: {names})"),
    mark("No such option: {name} Did you mean {names}?"),
    mark("No such command {name}."),
    mark("No such command {name}. Did you mean {names}?"),
    mark("Missing option {name}."),
    mark("Missing argument {name}."),
    mark("Missing command."),
    mark("Got unexpected extra argument ({names})"),
    mark("Got unexpected extra arguments ({names})"),
    mark("Got unexpected extra argument(s) ({names})"),
    mark("Option {name} requires an argument."),
    mark("Option {name} does not take a value."),
)
#: click's names of types, which only programmers know
_KINDS = {
    mark("{value} is not a valid int."): mark("{value} is not a whole number."),
    mark("{value} is not a valid float."): mark("{value} is not a number."),
}
_TITLES = {
    "ARGUMENTS_PANEL_TITLE": mark("Arguments"),
    "OPTIONS_PANEL_TITLE": mark("Options"),
    "COMMANDS_PANEL_TITLE": mark("Commands"),
    "DEFAULT_STRING": mark("[default: {}]"),
    "REQUIRED_LONG_STRING": mark("[required]"),
}


def words_of(mistake: Any) -> str:
    """The message of one of typer's errors."""
    message = " ".join(mistake.format_message().split())
    if message.startswith(mark("No such option: --html")) and mistake.ctx.info_name == "check":
        return _("No such option: --html. A page of a check: --format html --output FILE.")
    for theirs, ours in _KINDS.items():
        message = message.replace(theirs.partition("}")[2], ours.partition("}")[2])
    sentence = shown(message)
    return sentence if sentence.endswith((".", "?", "。", "？")) else _("{sentence}.", sentence=sentence)


def refuse_empty_values(command: Any) -> None:
    """Let a command take no empty value: a variable of a script that is not set means no folder at all,
    not the working directory, nor what is taken where an option is left out.
    """
    invoke = command.invoke

    def invoke_with_values(context: Any) -> Any:
        for parameter in command.params:
            given = context.params.get(parameter.name)
            if parameter.default != "" and (
                given == "" or (isinstance(given, (list, tuple)) and "" in given)
            ):
                is_option = parameter.param_type_name == "option"
                name = parameter.opts[-1] if is_option else parameter.metavar.strip("[].")
                raise UsageError(_("{name} is empty. Give a value, or leave it out.", name=name))
        return invoke(context)

    command.invoke = invoke_with_values


def translate(command: Any, context: Any) -> None:
    """What the help of a command holds: its own words, its options', and those of typer."""
    from typer import rich_utils

    for name, title in _TITLES.items():
        setattr(rich_utils, name, _(title))
    if messages.language_tag != "en":
        from tritondoctor.commands.help_text import breaking

        rich_utils.highlighter = breaking(rich_utils.highlighter)  # type: ignore[assignment]
    option = command.get_help_option(context)
    if option is not None:
        option.help = _("Show this help.")
    for documented in (command, *command.params, *getattr(command, "commands", {}).values()):
        if getattr(documented, "help", None):
            documented.help = _(documented.help)
