"""Ask the hub, or the cache of it, what a checkpoint can learn, before its weights are fetched."""

from pathlib import Path

from transformers import AutoConfig

from limbeck.core.errors import MachineError
from limbeck.model.checkpoint_kind import kind_of
from limbeck.model.network_family import Kind


def kind_on_hub(name: str) -> Kind:
    """Return what a hub id can learn.

    Raises: MachineError: the hub cannot be reached, or has no such checkpoint. LimbeckError: of no supported kind.
    """
    try:
        config = AutoConfig.from_pretrained(name, trust_remote_code=False).to_dict()
    except (OSError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        fix = "check the id and the connection, or give a local folder or a preset"
        raise MachineError(f"cannot load '{name}' from the hub: {reason}", where=name, fix=fix) from error
    return kind_of(Path(name), config)
