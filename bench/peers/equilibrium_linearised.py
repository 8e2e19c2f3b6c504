from equilibrium import linearised, measure

if __name__ == "__main__":
    measure(linearised)
