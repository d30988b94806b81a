# SPDX-License-Identifier: Apache-2.0
"""What dnspython reads in a message, in the words of the event contract.

Where dnspython's own text differs from ours in form only, the difference is
made good here, and exceptions.md says why.
"""

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from messages import NAME_ONLY

MAX_CHAIN = 17
FLAGS = {"aa": 0x0400, "tc": 0x0200, "rd": 0x0100, "ra": 0x0080, "z": 0x0040,
         "ad": 0x0020, "cd": 0x0010}
# dnspython breaks these into words of 32 or 128 characters; we do not.
WORDS = {"DS", "CDS", "DNSKEY", "CDNSKEY", "SSHFP", "TLSA", "SMIMEA", "ZONEMD", "DHCID",
         "OPENPGPKEY"}


def name_text(name):
    plain = b"abcdefghijklmnopqrstuvwxyz0123456789-_"

    def byte_text(byte):
        if byte in plain:
            return chr(byte)
        return "\\." if byte == ord(".") else f"\\{byte:03d}"

    labels = [label.lower() for label in name.labels if label]
    return ".".join("".join(map(byte_text, label)) for label in labels) or "."


def strings(values):
    def quoted(value):
        text = "".join(
            "\\" + chr(byte) if byte in b'"\\' else
            chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03d}" for byte in value)
        return f'"{text}"'
    return " ".join(quoted(value) for value in values)


def names_of(rdata, fields):
    """The fields in order, names in our form."""
    values = (getattr(rdata, field) for field in fields.split())
    return " ".join(name_text(value) if isinstance(value, dns.name.Name) else
                    strings([value]) if isinstance(value, bytes) else
                    str(value) for value in values)


FIELDS = {
    "NS": "target", "CNAME": "target", "PTR": "target", "DNAME": "target",
    "SOA": "mname rname serial refresh retry expire minimum",
    "MX": "preference exchange", "RP": "mbox txt", "AFSDB": "subtype hostname",
    "RT": "preference exchange", "PX": "preference map822 mapx400",
    "KX": "preference exchange", "LP": "preference fqdn",
    "SRV": "priority weight port target",
    "NAPTR": "order preference flags service regexp replacement",
    "HINFO": "cpu os", "X25": "address", "URI": "priority weight target",
}


def generic(data):
    return f"\\# {len(data)} {data.hex()}".rstrip()


def only_names(data):
    texts, at = [], 0
    while at < len(data):
        name, used = dns.name.from_wire(data, at)
        texts.append(name_text(name))
        at += used
    return " ".join(texts)


def location(rdata):
    def angle(value, sides):
        *parts, thousandths, sign = value
        degrees, minutes, seconds = parts
        side = sides[0] if sign >= 0 else sides[1]
        return f"{degrees} {minutes} {seconds}.{thousandths:03d} {side}"
    sizes = (rdata.altitude, rdata.size, rdata.horizontal_precision, rdata.vertical_precision)
    return " ".join([angle(rdata.latitude, "NS"), angle(rdata.longitude, "EW"),
                     *(f"{size / 100:.2f}m" for size in sizes)])


def data_text(rdata):
    kind = dns.rdatatype.to_text(rdata.rdtype)
    if int(rdata.rdtype) in NAME_ONLY:
        return only_names(rdata.data)
    if kind in FIELDS:
        return names_of(rdata, FIELDS[kind])
    if kind in ("TXT", "SPF"):
        return strings(rdata.strings)
    if kind == "LOC":
        return location(rdata)
    if isinstance(rdata, dns.rdata.GenericRdata):
        return generic(rdata.data)
    words = rdata.to_text().split(" ")
    if kind in WORDS:
        count = {"SSHFP": 2, "DHCID": 0, "OPENPGPKEY": 0}.get(kind, 3)
        return " ".join([*words[:count], "".join(words[count:])]).strip()
    if kind == "RRSIG":
        signer = name_text(rdata.signer)
        return " ".join([*words[:7], signer, "".join(words[8:])])
    if kind == "NSEC":
        return " ".join([name_text(rdata.next), *words[1:]])
    if kind in ("SVCB", "HTTPS"):
        return " ".join([words[0], name_text(rdata.target), *words[2:]])
    if kind == "CAA":
        return f"{rdata.flags} {rdata.tag.decode()} {strings([rdata.value])}"
    return " ".join(words)


def chain_of(message):
    if not message.question:
        return []
    chain = [message.question[0].name]
    aliases = {}
    for rrset in message.answer:
        if rrset.rdtype == dns.rdatatype.CNAME:
            aliases.setdefault(rrset.name, rrset[0].target)  # the first wins
    while chain[-1] in aliases and aliases[chain[-1]] not in chain and len(chain) < MAX_CHAIN:
        chain.append(aliases[chain[-1]])
    return [name_text(name) for name in chain]


def section(rrsets):
    return [{"name": name_text(rrset.name), "type": dns.rdatatype.to_text(rrset.rdtype),
             "class": dns.rdataclass.to_text(rrset.rdclass), "ttl": rrset.ttl,
             "data": data_text(rdata)}
            for rrset in rrsets for rdata in rrset]


def addresses_of(message):
    found = []
    for rrset in [*message.answer, *message.additional]:
        for rdata in rrset:
            if rrset.rdtype in (1, 28):
                found.append(rdata.address)
            if rrset.rdtype in (64, 65):
                for key in (4, 6):
                    hint = rdata.params.get(key)
                    found += hint.addresses if hint else []
    return found


def rcode_text(rcode):
    text = dns.rcode.to_text(rcode)
    return text if not text.isdigit() else f"RCODE{text}"


def type_text(rdtype):
    return dns.rdatatype.to_text(rdtype).replace("_", "-")  # NSAP-PTR


def opcode_text(opcode):
    text = dns.opcode.to_text(opcode)
    return text if not text.isdigit() else f"OPCODE{text}"


def header(message):
    question = message.question[0]
    flags = message.flags
    return {
        "opcode": opcode_text(message.opcode()),
        "rcode": rcode_text(message.rcode()),
        "qname": name_text(question.name),
        "qtype": type_text(question.rdtype),
        "qclass": dns.rdataclass.to_text(question.rdclass),
        "id": message.id,
        "response": bool(flags & dns.flags.QR),
        "truncated": bool(flags & dns.flags.TC),
        "flags": [name for name, bit in FLAGS.items() if flags & bit],
    }


def parsed(wire):
    return dns.message.from_wire(wire, one_rr_per_rrset=True)


def expected(wire):
    """The fields of dns_dump, from dnspython; raises what dnspython raises."""
    message = parsed(wire)
    return header(message) | {
        "names": chain_of(message),
        "addresses": addresses_of(message),
        "answers": section(message.answer),
        "authority": section(message.authority),
        "additional": section(message.additional),
    }
