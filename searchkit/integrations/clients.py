"""What MCP clients have in their configuration for a server that they start themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from searchkit.errors import ArgumentError


class Client(NamedTuple):
    """Where a client keeps its servers: a file below the home directory, or below the project; and under what name."""

    file: str
    key: str = "mcpServers"
    in_project: bool = False


CLIENTS: Mapping[str, Client] = {
    "claude-code": Client(".mcp.json", in_project=True),
    "claude-desktop": Client(".config/Claude/claude_desktop_config.json"),
    "claude-desktop-mac": Client("Library/Application Support/Claude/claude_desktop_config.json"),
    "cursor": Client(".cursor/mcp.json"),
    "vscode": Client(".vscode/mcp.json", "servers", in_project=True),
    "windsurf": Client(".codeium/windsurf/mcp_config.json"),
    "gemini": Client(".gemini/settings.json"),
    "lmstudio": Client(".lmstudio/mcp.json"),
    "anythingllm": Client(".config/anythingllm-desktop/storage/plugins/anythingllm_mcp_servers.json"),
    "anythingllm-mac": Client(
        "Library/Application Support/anythingllm-desktop/storage/plugins/anythingllm_mcp_servers.json"
    ),
    "codex": Client(".codex/config.toml", "mcp_servers"),
}


def place(client: str, home: Path, project: Path) -> Path:
    """Return the file of a client's configuration. Raises ArgumentError for one that is not known."""
    if client not in CLIENTS:
        raise ArgumentError(f"{client!r} is no client that is known; there are {', '.join(CLIENTS)}")
    known = CLIENTS[client]
    return (project if known.in_project else home) / known.file


def configuration(client: str, command: str, arguments: Sequence[str], name: str = "searchkit") -> str:
    """Return what a client's configuration has to hold for the server to be started by this command."""
    known = CLIENTS[client]
    if known.file.endswith(".toml"):
        listed = ", ".join(json.dumps(each) for each in arguments)  # a JSON string is one of TOML, too
        return f"[{known.key}.{name}]\ncommand = {json.dumps(command)}\nargs = [{listed}]\n"
    return json.dumps({known.key: {name: _entry(command, arguments)}}, indent=2) + "\n"


def installed(before: str, client: str, command: str, arguments: Sequence[str], name: str = "searchkit") -> str:
    """Return a client's configuration with the server in it, whatever else it holds kept. before: "" if it has none.

    Raises ArgumentError where the server cannot be put in without guessing.
    """
    known = CLIENTS[client]
    if known.file.endswith(".toml"):
        if f"[{known.key}.{name}]" in before:
            raise ArgumentError(f"{known.file} has a server {name!r} already; edit it by hand")
        return f"{before.rstrip()}\n\n".lstrip() + configuration(client, command, arguments, name)
    try:
        held: Any = json.loads(before) if before.strip() else {}
    except json.JSONDecodeError as error:
        raise ArgumentError(f"{known.file} is no plain JSON ({error}); put the server in by hand") from error
    if not isinstance(held, dict) or not isinstance(held.get(known.key, {}), dict):
        raise ArgumentError(f"{known.file} does not have {known.key!r} as an object; put the server in by hand")
    held[known.key] = {**held.get(known.key, {}), name: _entry(command, arguments)}
    return json.dumps(held, indent=2, ensure_ascii=False) + "\n"


def _entry(command: str, arguments: Sequence[str]) -> dict[str, Any]:
    return {"type": "stdio", "command": command, "args": list(arguments)}
