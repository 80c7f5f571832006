"""Electronic invoices: one model of EN 16931, written as UBL (SI-UBL 2.0) and CII (Factur-X), and checked."""
