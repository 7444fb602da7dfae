"""What the hparams plugin says of a run."""

from __future__ import annotations

from typing import Any

from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.plugins.hparams import plugin_data_pb2


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
