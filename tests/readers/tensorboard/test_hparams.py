"""What the hparams plugin says of a run."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.plugins.hparams import plugin_data_pb2

from livemon.readers.encodings.protobuf import WireError
from livemon.readers.tensorboard.hparams import Session, parse_session


def test_settings_of_the_hparams_plugin(tb: Any) -> None:
    """The settings of a session are the run's config; its end is evidence where it has a time, as it has none when
    PyTorch writes it together with the start."""
    data = plugin_data_pb2.HParamsPluginData()
    for name, value in (("lr", 0.5), ("layers", 3)):
        data.session_start_info.hparams[name].number_value = value
    data.session_start_info.hparams["opt"].string_value = "adam"
    data.session_start_info.hparams["amp"].bool_value = True
    nested = data.session_start_info.hparams["sizes"].list_value.values.add()
    nested.number_value = 1.5
    null = TensorProto(dtype=1, float_val=[0.0])
    session = tb.tensor("_hparams_/session_start_info", null, tb.plugin("hparams", data.SerializeToString()))
    end = plugin_data_pb2.HParamsPluginData()
    end.session_end_info.status = 1
    timeless = tb.tensor("_hparams_/session_end_info", null, tb.plugin("hparams", end.SerializeToString()))
    end.session_end_info.status, end.session_end_info.end_time_secs = 2, 1.7e9
    timed = tb.tensor("_hparams_/session_end_info", null, tb.plugin("hparams", end.SerializeToString()))
    facts = tb.read([tb.VERSION, tb.event(0, session), tb.event(0, timeless)])[0].facts
    assert facts.config == {"lr": 0.5, "layers": 3, "opt": "adam", "amp": True, "sizes": [1.5]}
    assert facts.state is None
    facts = tb.read([tb.VERSION, tb.event(0, session), tb.event(0, timed)])[0].facts
    assert facts.state == "failed" and "hparams" in facts.evidence


def said(data: plugin_data_pb2.HParamsPluginData) -> Session:
    """What a message says, among other bytes."""
    written = data.SerializeToString()
    return parse_session(b"##" + written + b"##", 2, 2 + len(written))


def test_settings_in_settings() -> None:
    """Objects, lists and null are what they are, in each other; a whole number is an int, as the plugin knows floats
    only, unless no float is exact there."""
    data = plugin_data_pb2.HParamsPluginData()
    hparams = data.session_start_info.hparams
    hparams["model"].struct_value.fields["layers"].number_value = 12.0
    hparams["model"].struct_value.fields["betas"].list_value.values.add().number_value = 0.9
    hparams["none"].null_value = 0
    hparams["huge"].number_value = 2.0**60
    config = said(data).config
    assert config == {"model": {"layers": 12, "betas": [0.9]}, "none": None, "huge": 2.0**60}
    assert (type(config["model"]["layers"]), type(config["huge"])) == (int, float)


def test_settings_nested_beyond_reason_are_refused() -> None:
    """Settings that are nested deeper than anybody writes them are a WireError, before Python gives up."""
    for depth, refused in ((20, False), (21, True), (50, True)):
        data = plugin_data_pb2.HParamsPluginData()
        inner = data.session_start_info.hparams["a"]
        for _ in range(depth):
            inner = inner.struct_value.fields["a"]
        inner.number_value = 1
        with pytest.raises(WireError, match="too deeply") if refused else nullcontext():
            assert said(data).config


@pytest.mark.parametrize(("status", "at", "state", "words"), [
    (1, 1.7e9, "finished", "ended with success"), (2, 1.7e9, "failed", "ended with failure"),
    (3, 1.7e9, None, ""), (0, 1.7e9, None, ""), (1, 0.0, None, ""),
])
def test_how_a_session_ended(status: int, at: float, state: str | None, words: str) -> None:
    """Success and failure are an end where they have a time; a session that runs, or has no time, has not ended."""
    data = plugin_data_pb2.HParamsPluginData()
    data.session_end_info.status, data.session_end_info.end_time_secs = status, at
    assert said(data).state == state and said(data).evidence.endswith(words)
