"""The only package that talks to the outside: to a gateway, and to Enphase's cloud for its token.

session     one gateway's pages, over        line, exchange, decode, tls, digest, auth (the door)
health      whether it is up, by all its answers
line        its connections, made anew after a silence; answers have their bounds
documents   what they held, kept fresh by    flight
tokens      the key to the door, from        given, or an account
account     logs in to get one, through      login -> enlighten, entrez -> cloud
reprieve    what a login under way gets when the process ends
record      until when the account must wait, and why
state       what outlives the process
"""
