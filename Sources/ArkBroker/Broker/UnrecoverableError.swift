/// An error that running a part again cannot mend, such as a server's that cannot listen: it ends the run of the broker, which throws it.
package protocol UnrecoverableError: Error {}
