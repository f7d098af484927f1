"""Profiles in the file format of speedscope (https://www.speedscope.app), version 0.0.1 of its
schema.

In: profiles. Out: JSON, with one "sampled" profile a thread.
"""

from __future__ import annotations

import json
from typing import Any

from zwasm._build import VERSION
from zwasm.profile.data import Profile

SCHEMA = "https://www.speedscope.app/file-format-schema.json"


def speedscope(profiles: list[Profile], rate: int, name: str) -> str:
    """The file's text. Samples, of which there are `rate` a second, become seconds."""
    frames: list[dict[str, str]] = []
    shown: list[dict[str, Any]] = []
    for profile in profiles:
        first = len(frames)
        frames.extend({"name": function} for function in profile.names)
        sampled = profile.unit == "samples"
        for number, (lane, entries) in enumerate(profile.lanes.items()):
            weights = [weight / rate if sampled else weight for _, weight in entries]
            title = name if number == 0 else f"{name} (thread {lane})"
            shown.append(
                {
                    "type": "sampled",
                    "name": title if sampled else f"{title} (instructions)",
                    "unit": "seconds" if sampled else "none",
                    "startValue": 0,
                    "endValue": sum(weights),
                    "samples": [
                        [first + function for function in profile.stacks[stack]]
                        for stack, _ in entries
                    ],
                    "weights": weights,
                }
            )
    document = {
        "$schema": SCHEMA,
        "exporter": f"zwasm {VERSION}",
        "name": name,
        "activeProfileIndex": 0,
        "shared": {"frames": frames},
        "profiles": shown,
    }
    return json.dumps(document)
