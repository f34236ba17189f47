"""Lay out a bundle: one self-contained folder, the same bytes for the same parts."""

import shutil
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from limbeck.bundle.card import About, write_card
from limbeck.bundle.lock import write_toml
from limbeck.bundle.manifest import (
    KNOWLEDGE,
    Manifest,
    check_files,
    describe_files,
    read_manifest,
    write_manifest,
)
from limbeck.core.disk import disk_errors
from limbeck.core.errors import BundleError
from limbeck.knowledge.encoder_files import ENCODER, MODEL_FILES

LOCK = "recipe.lock.toml"
CARD = "CARD.md"
REPORT_FILES = ("report.json", "REPORT.md", "report.html", "report/sample.jsonl")
_TOKENIZER_FILES = (
    "tokenizer.json",
    "chat_template.jinja",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "generation_config.json",
    "config.json",
)


def pack(
    target: Path,
    *,
    name: str,
    models: Path,
    tokenizer: Path,
    knowledge: Path,
    lock: Mapping[str, object],
    about: About,
) -> Manifest:
    """Lay out `target` from its parts and seal it.

    `models` holds a folder per engine; of `tokenizer` only the tokenizer's own files are taken. An encoder that lies
    beside `knowledge` comes along.
    Raises: BundleError: a part is missing, or the target holds something already.
            MachineError: the disk is full or cannot be written.
    """
    _check_parts(target, models=models, tokenizer=tokenizer, knowledge=knowledge)
    engines = tuple(sorted(path.name for path in models.iterdir() if path.is_dir()))
    with disk_errors(target):
        _copy_parts(target, models=models, tokenizer=tokenizer, knowledge=knowledge)
        (target / LOCK).write_text(write_toml(lock), encoding="utf-8", newline="\n")
        sizes = [(entry.path, entry.size_bytes) for entry in describe_files(target)]
        card = write_card(name, about, engines=engines, sizes=sizes)
        (target / CARD).write_text(card, encoding="utf-8", newline="\n")
        manifest = Manifest(
            name=name,
            engines=engines,
            languages=about.languages,
            licence=about.licence,
            base_model=about.base_model,
            budget=about.budget,
            files=describe_files(target),
        )
        write_manifest(target, manifest)
    return manifest


def reseal(folder: Path, *, changed: Collection[str] = (KNOWLEDGE, *REPORT_FILES)) -> Manifest:
    """Seal a bundle anew after a knowledge edit or a new report, and keep note of what was edited.

    Only the files named in `changed` may differ from the old seal, so damage elsewhere is never sealed in.
    Raises: BundleError: another file differs, is missing or extra.
    """
    old = read_manifest(folder)
    check_files(folder, old, except_for=changed)
    kept = [entry for entry in old.files if entry.path not in changed]
    files = tuple(sorted([*kept, *describe_files(folder, changed)], key=lambda entry: entry.path))
    before = {entry.path: entry.sha256 for entry in old.files}
    altered = {entry.path for entry in files if before.get(entry.path, entry.sha256) != entry.sha256}
    edited = {*old.edited, *(altered - set(REPORT_FILES))}
    new = replace(old, files=files, edited=tuple(sorted(edited)))
    with disk_errors(folder):
        write_manifest(folder, new)
    return new


def add_report(folder: Path, report: Path) -> Manifest:
    """Copy the report files of an evaluation into a bundle and seal it anew; other files stay behind.

    Raises: BundleError: the bundle differs from its seal. MachineError: the disk is full or cannot be written.
    """
    check_files(folder, read_manifest(folder), except_for=REPORT_FILES)
    with disk_errors(folder):
        for name in REPORT_FILES:
            if (report / name).is_file():
                _copy(report / name, folder / name)
    return reseal(folder, changed=REPORT_FILES)


def _check_parts(target: Path, *, models: Path, tokenizer: Path, knowledge: Path) -> None:
    if target.exists() and any(target.iterdir()):
        fix = "give an empty or new folder"
        raise BundleError(f"{str(target)!r} holds files already", where=str(target), fix=fix)
    for part, there in (
        (models, models.is_dir() and any(path.is_dir() for path in models.iterdir())),
        (tokenizer / _TOKENIZER_FILES[0], (tokenizer / _TOKENIZER_FILES[0]).is_file()),
        (knowledge, knowledge.is_file()),
    ):
        if not there:
            fix = "run the stages before the bundle again: `limbeck run`"
            raise BundleError(f"a bundle needs {part.name}, which is missing", where=str(part), fix=fix)


def _copy_parts(target: Path, *, models: Path, tokenizer: Path, knowledge: Path) -> None:
    for source in sorted(models.rglob("*")):
        if source.is_file() and source.parent != models:
            _copy(source, target / "model" / source.relative_to(models))
    for name in _TOKENIZER_FILES:
        if (tokenizer / name).is_file():
            _copy(tokenizer / name, target / "tokenizer" / name)
    _copy(knowledge, target / KNOWLEDGE)
    for name in MODEL_FILES:
        if (encoder := knowledge.parent / ENCODER / name).is_file():
            _copy(encoder, target / ENCODER / name)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
