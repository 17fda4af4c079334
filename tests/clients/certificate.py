"""A certificate for 127.0.0.1, made for one run of the tests, by an authority of its own."""

import base64
import hashlib
import re
import ssl

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Certificate:
    """In a folder: `certificate` and `key` for the server (DER), `authority` for clients (PEM)."""

    def __init__(self, folder):
        authority = trustme.CA()
        issued = authority.issue_cert('127.0.0.1')
        self.authority = folder / 'authority.pem'
        authority.cert_pem.write_to_path(self.authority)
        self.certificate = folder / 'certificate.der'
        der = from_pem(issued.cert_chain_pems[0])
        self.certificate.write_bytes(der)
        self.key = folder / 'key.der'
        self.key.write_bytes(from_pem(issued.private_key_pem))

        #: What Chromium is told to trust: the hash of the certificate's public key.
        key = x509.load_der_x509_certificate(der).public_key()
        info = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.spki = base64.b64encode(hashlib.sha256(info).digest()).decode()

    def client_context(self):
        return ssl.create_default_context(cafile=str(self.authority))


def from_pem(blob):
    """The DER in it, which is what MicroPython's load_cert_chain() takes everywhere."""
    return base64.b64decode(re.sub('-----.*?-----', '', blob.bytes().decode()))
