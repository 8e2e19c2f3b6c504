from equilibrium import truncated_step, measure

if __name__ == "__main__":
    measure(truncated_step)
