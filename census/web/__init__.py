"""HTTP only: parse the request, open one transaction, call one service, render. Rules of the domain live elsewhere."""
