"""OpenSSL as the other end: pyOpenSSL, in an environment of its own in target/openssl-peer.

verify FOLDER          exit code 0 when OpenSSL believes FOLDER/party.crt.pem by its chain and lists
client FOLDER PORT     calls, sends a line, prints what protects the connection and the answer
server FOLDER          prints its port, answers one line to one caller, prints as the client does
"""

import pathlib
import socket
import sys

from cryptography import x509
from OpenSSL import SSL, crypto


def context(folder, method):
    made = SSL.Context(method)
    made.set_min_proto_version(SSL.TLS1_3_VERSION)
    made.use_certificate_chain_file(str(folder / "party.crt.pem"))
    made.use_privatekey_file(str(folder / "party.key.pem"))
    made.check_privatekey()
    made.load_verify_locations(str(folder / "root.crt.pem"))
    made.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *seen: bool(seen[-1]))
    return made


def tell(connection, line):
    peer = connection.get_peer_certificate().to_cryptography()
    oid = peer.signature_algorithm_oid.dotted_string
    words = [connection.get_protocol_version_name(), connection.get_group_name(), oid, line]
    print(" ".join(words), flush=True)


def client(folder, port):
    wire = socket.create_connection(("127.0.0.1", port), timeout=30)
    wire.settimeout(None)
    connection = SSL.Connection(context(folder, SSL.TLS_CLIENT_METHOD), wire)
    connection.set_connect_state()
    connection.do_handshake()
    connection.sendall(b"hello\n")
    tell(connection, connection.recv(64).decode().strip())


def server(folder):
    door = socket.create_server(("127.0.0.1", 0))
    print(door.getsockname()[1], flush=True)
    wire, _ = door.accept()
    connection = SSL.Connection(context(folder, SSL.TLS_SERVER_METHOD), wire)
    connection.set_accept_state()
    connection.do_handshake()
    line = connection.recv(64).decode().strip()
    connection.sendall(b"heard\n")
    tell(connection, line)


def verify(folder):
    def certificates(name):
        return x509.load_pem_x509_certificates((folder / name).read_bytes())

    store = crypto.X509Store()
    for root in certificates("root.crt.pem"):
        store.add_cert(crypto.X509.from_cryptography(root))
    lists = folder / "crl.pem"
    if lists.exists():
        end = b"-----END X509 CRL-----\n"
        for text in lists.read_bytes().split(end)[:-1]:
            store.add_crl(x509.load_pem_x509_crl(text + end))
        store.set_flags(crypto.X509StoreFlags.CRL_CHECK | crypto.X509StoreFlags.CRL_CHECK_ALL)
    party, *others = map(crypto.X509.from_cryptography, certificates("party.crt.pem"))
    crypto.X509StoreContext(store, party, others).verify_certificate()


def main():
    command, folder, *rest = sys.argv[1:]
    folder = pathlib.Path(folder)
    {"verify": verify, "server": server, "client": lambda f: client(f, int(rest[0]))}[command](folder)


main()
