"""Which load fits a table: what a history shows is measured, the candidates are replayed, and the sound ones ranked.

`evidence` measures, `candidates` names the loads that the evidence does not rule out, `trying` replays them, `choosing`
ranks them and says why, `one_state` says what a single state of a table leaves open, `other_tools` says the same load
in the settings of others. What must stay true: nothing is recommended that was wrong on what was seen, the lag is that
of `incload.history.lag`, and what was not seen is said.
"""
