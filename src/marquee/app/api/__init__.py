"""The HTTP face for programs: the engine's answers as JSON under ``/api/v1``.

::

    routes                                   all routes; each module beside it has those of one noun
    guard                                    what every request passes: host, key, rate, size
    keys, access                             who may call, and which routes a key is for
    problems                                 what is answered when something is refused or breaks
    asking, bodies, answers, cursors         what goes in, what comes out, where a list goes on
    describing, metrics                      OpenAPI, Prometheus
"""
