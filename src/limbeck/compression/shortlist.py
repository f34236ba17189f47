"""The candidates of every engine under one disk budget, known by forecast alone: nothing is exported here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from limbeck.compression.candidates import Candidate, mixed_candidate, uniform_candidates
from limbeck.compression.checkpoint_tensors import Checkpoint
from limbeck.compression.export_format import ExportFormat
from limbeck.compression.limits import Limits
from limbeck.compression.quantised_tensor import TensorType, Weights
from limbeck.compression.sensitivity import type_losses


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortlist:
    """Every engine's candidates, the smallest forecast first among the uniform ones."""

    source: Checkpoint
    limits: Limits
    formats: Sequence[ExportFormat]
    of_engine: Mapping[str, tuple[Candidate, ...]]

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Return all candidates, engine by engine."""
        return tuple(candidate for found in self.of_engine.values() for candidate in found)

    @property
    def smallest(self) -> dict[str, Candidate]:
        """Return each engine's candidate with the fewest bytes."""
        return {name: min(found, key=_size) for name, found in self.of_engine.items()}

    @property
    def shares(self) -> dict[str, int] | None:
        """Return the bytes each engine's mix may take; None where no mix is needed."""
        least = {name: candidate.forecast_bytes for name, candidate in self.smallest.items()}
        most = {name: max(map(_size, found)) for name, found in self.of_engine.items()}
        return self.limits.shares(least, most)

    def format_of(self, candidate: Candidate) -> ExportFormat:
        """Return what writes a candidate."""
        return next(item for item in self.formats if item.name == candidate.engine)

    def may_fit(self, candidate: Candidate) -> bool:
        """Tell whether a candidate's forecast fits beside the smallest of the other engines."""
        if self.limits.room_bytes is None:
            return True
        beside = sum(other.forecast_bytes for name, other in self.smallest.items() if name != candidate.engine)
        return candidate.forecast_bytes + beside <= self.limits.room_bytes

    def with_mixes(self, sensitivity: Mapping[str, float]) -> "Shortlist":
        """Add one mix per engine for its share of the room, where it differs from the uniform candidates."""
        losses = {name: type_losses(self.source.weights[name], loss) for name, loss in sensitivity.items()}
        mixes = [self._mix(item, losses) for item in self.formats]
        of_engine = {
            name: (*found, *(mix for mix in mixes if mix is not None and mix.engine == name))
            for name, found in self.of_engine.items()
        }
        return replace(self, of_engine=of_engine)

    def _mix(self, item: ExportFormat, losses: Mapping[str, Mapping[TensorType, float]]) -> Candidate | None:
        shares = self.shares
        if shares is None:
            return None
        weights: Weights = self.source.weights
        mix = mixed_candidate(
            weights, losses, checkpoint=self.source.folder, export=item, limit_bytes=shares[item.name]
        )
        known = [candidate.types for candidate in self.of_engine[item.name]]
        return None if mix is None or mix.types in known else mix


def shortlist(source: Checkpoint, limits: Limits, formats: Sequence[ExportFormat]) -> Shortlist:
    """Forecast the uniform candidates of every format."""
    of_engine = {item.name: uniform_candidates(source.weights, source.folder, item) for item in formats}
    return Shortlist(source=source, limits=limits, formats=formats, of_engine=of_engine)


def _size(candidate: Candidate) -> int:
    return candidate.forecast_bytes
