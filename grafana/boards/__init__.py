"""The Grafana dashboards: what they show and ask, from which ``grafana/build.py`` makes their JSON.

- ``look``: colours by meaning, units, words for what a home lacks;
- ``promql``: selectors of our metrics, and the sums over them that several dashboards show;
- ``panel``: what every panel has, over Grafana's own ``grafana-foundation-sdk``;
- ``values``, ``graphs``, ``bars``, ``tables``: the kinds of panels;
- ``shared``: panels that more than one dashboard shows;
- ``board``: what all dashboards share: variables, links, annotations, the grid;
- one module per dashboard, each with a function ``board``.
"""
