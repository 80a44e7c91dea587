"""Invented registration numbers that pass every check of their kind."""

from stdnum import iban, luhn

_SIREN_DIGITS = 8
_NIC_DIGITS = 4
_BANK_OF_NOBODY = "99999"


def siret(seed: int) -> str:
    """A SIRET: SIREN and establishment number, each with its Luhn digit."""
    siren = f"9{seed * 7919 % 10**7:07d}"[:_SIREN_DIGITS]
    siren += luhn.calc_check_digit(siren)
    establishment = f"{siren}{1:0{_NIC_DIGITS}d}"
    return establishment + str(luhn.calc_check_digit(establishment))


def finess(seed: int) -> str:
    """A FINESS number of the department Loire-Atlantique."""
    body = f"44{seed * 104_729 % 10**6:06d}"
    return body + str(luhn.calc_check_digit(body))


def french_iban(seed: int) -> str:
    """A French IBAN of a bank that does not exist, in groups of four, with the RIB key and the IBAN key right."""
    branch, account = f"{seed * 31 % 10**5:05d}", f"{seed * 1_299_709 % 10**11:011d}"
    key = 97 - (89 * int(_BANK_OF_NOBODY) + 15 * int(branch) + 3 * int(account)) % 97
    body = f"{_BANK_OF_NOBODY}{branch}{account}{key:02d}"
    number = f"FR{iban.calc_check_digits('FR00' + body)}{body}"
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))
