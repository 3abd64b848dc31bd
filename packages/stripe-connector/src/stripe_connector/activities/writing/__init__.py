"""Create, Update and Delete: from requests to outcomes.

`request` is what is stored, `target` sends it with `flight`; `create`, `update` and `delete` add
what is theirs, `stream_target` what the stream of meter events needs. `settle` and `settle_create`
tell what became of a write whose answer was lost.
"""
