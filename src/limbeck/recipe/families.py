"""The families a recipe may name, listed by file name without importing a component."""

from limbeck.core.family import Family

SOURCES = Family(package="limbeck.knowledge.sources", noun="source kind")
FUSION_METHODS = Family(package="limbeck.fusion.methods", noun="fusion method")
COMPRESSION_METHODS = Family(package="limbeck.compression.methods", noun="compression method")
ENGINES = Family(package="limbeck.engine.engines", noun="engine")
EXPORTERS = Family(package="limbeck.engine.exporters", noun="export format")
CHECKS = Family(package="limbeck.evaluation.checks", noun="check")
