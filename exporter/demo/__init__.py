"""The demo and test world: a solar home, its gateway and Enphase's cloud, none of which is there.

It shares no code with the exporter, so that no bug of one hides behind the same bug of the other.

world           everything together, switched on and off as one, and the settings that lead there
profile         the kinds of sites there are: a gateway each, and how its home is wired
clock           a clock that can be set, moved and sped up
serving         one app on one port, in a thread of its own
certificate     what TLS needs: a self-signed gateway, and a small CA for the cloud

gateway         the gateway: sessions, tokens, counts of requests, delays and faults
  guard sessions digest pages     who may read it, and what others see
  faults                          what can go wrong with an answer, on demand
  delays                          how long real gateways take
cloud           the cloud: logins and tokens
  entrez enlighten accounts       its two hosts, and the users of both
  authority                       who signs the tokens
answer          what stands behind a gateway: a source of answers, of which there are two:
  documents/                      the house, in the documents of a gateway, for each profile
  replay                          the captured answers of a real gateway

past            those answers as they were, with what went wrong in
  mishaps                         outages, a silent inverter, a falling counter: when, and how long

house           the home's state at a moment, and its counters until then
  history day curve days          a home's day as curves; the energy of all days so far
  wiring banks                    its phases and volts; two kinds of batteries in one home
  sun household battery roof reports noise     what shapes the curves
"""
