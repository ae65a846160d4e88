"""Cards and studies: TOML files read strictly into typed, frozen objects.

`tomllib` reads `1e-4` as a number and rejects duplicate keys; pydantic forbids unknown keys and coerces nothing. A
mistake gives one line per problem: file, key, what was expected, what was found, and a near name where there is one.
"""

from facegap.cards.condition import ConditionCard, Step, load_condition
from facegap.cards.dataset import DatasetCard, load_dataset
from facegap.cards.model import (
    ALIGNMENTS,
    DetectorCard,
    FaceCrop,
    LivenessCard,
    ModelCard,
    NetInput,
    Preprocess,
    Source,
    load_detector,
    load_liveness,
    load_model,
)
from facegap.cards.outside import (
    OutsideCard,
    ScoresCard,
    TemplatesCard,
    load_scores_card,
    load_templates_card,
    load_used,
)
from facegap.cards.policy import Policy, Requirement, load_policy
from facegap.cards.population import Population, WatchList, load_population
from facegap.cards.study import ModelUse, Study, load_study
from facegap.cards.toml import OPEN, Card, card_names, card_path, open_questions, read_card, read_toml

__all__ = [
    "ALIGNMENTS",
    "OPEN",
    "Card",
    "ConditionCard",
    "DatasetCard",
    "DetectorCard",
    "FaceCrop",
    "LivenessCard",
    "ModelCard",
    "ModelUse",
    "NetInput",
    "OutsideCard",
    "Policy",
    "Population",
    "Preprocess",
    "Requirement",
    "ScoresCard",
    "Source",
    "Step",
    "Study",
    "TemplatesCard",
    "WatchList",
    "card_names",
    "card_path",
    "load_condition",
    "load_dataset",
    "load_detector",
    "load_liveness",
    "load_model",
    "load_policy",
    "load_population",
    "load_scores_card",
    "load_study",
    "load_templates_card",
    "load_used",
    "open_questions",
    "read_card",
    "read_toml",
]
